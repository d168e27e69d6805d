#include "compiler/import/import.h"

#include <filesystem>

#include <fmt/format.h>

#include "compiler/diagnostics/check.h"
#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/draft.h"
#include "compiler/import/mappings.h"
#include "compiler/syntax/format.h"
#include "compiler/syntax/parse.h"

namespace lcr::foreign {
namespace {

// The notes of the translation as comments: "line 12: …".
std::vector<std::string> notes_of(const Diagnostics& diagnostics, const Sources& sources) {
  std::vector<std::string> notes;
  for (const Diagnostic* one : diagnostics.sorted()) {
    if (one->code != codes::L7055 && one->code != codes::L7056 && one->code != codes::L7058) continue;
    const Span span = one->span();
    notes.push_back(fmt::format("line {}: {}", sources.file(span).position(span.begin).line, one->message));
  }
  return notes;
}

// The canonical layout of a text that lcr itself wrote.
std::string formatted(std::string text) {
  Sources sources;
  Diagnostics found;
  const syntax::File file = syntax::parse(sources, sources.add("imported", std::move(text)), found);
  LCR_CHECK(!found.has_errors(), "an imported recipe is no text of the language");
  return syntax::format(sources, file);
}

}  // namespace

std::optional<Imported> import_recipe(const Sources& sources, uint32_t file, const ImportOptions& options,
                                      Diagnostics& diagnostics) {
  const auto root = read_node(sources, file, diagnostics);
  if (!root) return std::nullopt;
  Diagnostics found;
  auto program = is_checkpoint_config(*root) ? read_checkpoint_config(*root, found) : read_recipe(*root, found);
  std::optional<Imported> result;
  if (program) {
    std::optional<TargetMatcher> model;
    if (options.graph != nullptr) model.emplace(*options.graph);
    if (model) check_mappings(*program, *model, found);
    const Draft draft = make_draft(*program, model ? &*model : nullptr, found);
    const std::string origin = std::filesystem::path(sources.file(file).name()).filename().string();
    if (!found.has_errors())
      result =
          Imported{std::move(*program), formatted(write_draft(draft, options.name, origin, notes_of(found, sources)))};
  }
  diagnostics.append(std::move(found));
  return result;
}

}  // namespace lcr::foreign
