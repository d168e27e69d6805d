#include "compiler/syntax/from_antlr.h"

namespace lcr::syntax {

int language_version(const Reader& reader, LcrParser::LanguageLineContext* context) {
  return static_cast<int>(reader.whole(reader.span(context->NUMBER())));
}

Header to_header(const Reader& reader, LcrParser::HeaderContext* context) {
  Header result;
  result.span = reader.span(context);
  if (head(context) == LcrParser::RECIPE) {
    result.kind = FileKind::Recipe;
    Text title = reader.string(static_cast<LcrParser::RecipeHeaderContext*>(context)->STRING());
    result.name = std::move(title.text);
    result.name_span = title.span;
    return result;
  }
  Name name = reader.name(child(context, 1));
  result.name = std::move(name.text);
  result.name_span = name.span;
  switch (head(context)) {
    case LcrParser::PRESET: result.kind = FileKind::Preset; break;
    case LcrParser::LIBRARY: result.kind = FileKind::Library; break;
    case LcrParser::MACHINE: result.kind = FileKind::Machine; break;
    case LcrParser::SERVING: {
      auto* serving = static_cast<LcrParser::ServingHeaderContext*>(context);
      result.kind = FileKind::Serving;
      result.since = reader.string(serving->STRING()).text;
      break;
    }
    default: {
      auto* architecture = static_cast<LcrParser::ArchitectureHeaderContext*>(context);
      result.kind = FileKind::Architecture;
      result.classes = to_texts(reader, architecture->list(0));
      if (architecture->list().size() == 2) result.types = to_texts(reader, architecture->list(1));
    }
  }
  return result;
}

}  // namespace lcr::syntax
