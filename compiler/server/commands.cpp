#include "compiler/server/commands.h"

#include <fmt/format.h>

#include "compiler/check/resolve.h"
#include "compiler/server/matches.h"
#include "compiler/server/places.h"

namespace lcr::server {
namespace {

using Arguments = const Json&;

const Json& argument(const Json& arguments, size_t i) {
  static const Json nothing;
  return arguments.is_array() && i < arguments.size() ? arguments[i] : nothing;
}

// {"model": FOLDER} or {"tree": FILE}; null for what the session was opened with. Gives what was read.
Answer set_model(Server& server, Arguments arguments) {
  const Json& chosen = argument(arguments, 0);
  const ModelPlace place = place_in(chosen, server.root());
  if (place.empty() && !chosen.is_null()) return Failure{ErrorCode::InvalidParams, "`lcr.setModel` takes {\"model\": FOLDER}, {\"tree\": FILE} or null"};
  server.choose_model(place);
  if (place.empty()) return Json();
  std::shared_ptr<const Model> model = server.read_model(place);
  if (!model) return Failure{ErrorCode::RequestFailed, fmt::format("`{}` is no model that can be read", place.path)};
  return Json{{"architecture", model->graph().architecture}, {"modules", model->graph().modules.size()}, {"layers", model->graph().layers}};
}

Answer reload_model(Server& server, Arguments) {
  server.read_models_again();
  return Json();
}

// The names that the selection at a place matches.
Answer list_matches(Server& server, Arguments arguments) {
  const Document* document = server.documents().find(text_of(argument(arguments, 0)));
  if (document == nullptr) return Failure{ErrorCode::InvalidParams, "the document is not open"};
  const Analysis& analysis = server.analysis(*document);
  const uint32_t offset = Positions(document->text, server.units()).offset(argument(arguments, 1));
  const Selection* selection = selection_at(analysis, offset);
  // The outermost selection that begins there is what a statement is about.
  for (const syntax::Statement& statement : document->parsed->tree.statements)
    if (statement.span.begin <= offset && offset < statement.span.end)
      for (uint32_t end = statement.span.end; end > offset; --end)
        if (const Selection* whole = selection_of(analysis, {analysis.file, offset, end})) {
          selection = whole;
          break;
        }
  const std::optional<Matches> matches = selection ? match(analysis, *selection) : std::nullopt;
  if (!matches) return Failure{ErrorCode::RequestFailed, "there is no selection that can be matched here"};
  Json names = Json::array();
  for (size_t i = 0; i < matches->units.size(); ++i) names.push_back(path_of(analysis, *matches, i));
  return Json{{"count", matches->units.size()}, {"title", count_words(*matches)}, {"sizes", size_words(*matches)}, {"modules", std::move(names)}};
}

// Every rule that names a module, as `lcr why` prints it.
Answer why(Server& server, Arguments arguments) {
  const Document* document = server.documents().find(text_of(argument(arguments, 0)));
  if (document == nullptr) return Failure{ErrorCode::InvalidParams, "the document is not open"};
  const Analysis& analysis = server.analysis(*document);
  if (!analysis.typed) return Failure{ErrorCode::RequestFailed, analysis.model ? "the recipe has errors" : "no model is chosen"};
  Diagnostics found;
  const auto explanation = explain_module(*analysis.recipe, *analysis.typed, analysis.model->graph(), analysis.model->loaded.checkpoint, analysis.sources,
                                          text_of(argument(arguments, 1)), found);
  if (!explanation) return Failure{ErrorCode::RequestFailed, found.size() > 0 ? found.items().front().message : "there is no such module"};
  return Json{{"text", explanation_text(*explanation)}};
}

struct Command {
  const char* name;
  Answer (*run)(Server&, Arguments);
};
constexpr Command commands[] = {{"lcr.setModel", set_model}, {"lcr.reloadModel", reload_model}, {"lcr.matches", list_matches}, {"lcr.why", why}};

}  // namespace

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : commands) names.emplace_back(command.name);
  return names;
}

Answer execute_command(Server& server, const Json& params) {
  const std::string name = text_of(member(params, "command"));
  for (const Command& command : commands)
    if (command.name == name) return command.run(server, member(params, "arguments"));
  return Failure{ErrorCode::InvalidParams, fmt::format("there is no command `{}`", name)};
}

}  // namespace lcr::server
