#include "compiler/import/import.h"

#include "compiler/recipe/bind.h"
#include "compiler/syntax/format.h"
#include "compiler/syntax/parse.h"
#include "tests/fuzz/targets.h"

// A recipe or a configuration of another tool; inputs of even length are read for a model.
void lcr::fuzz::import(std::string_view input) {
  Sources sources;
  Diagnostics diagnostics;
  foreign::ImportOptions options;
  options.name = "imported";
  if (input.size() % 2 == 0) options.graph = &model().graph;
  const auto imported =
      foreign::import_recipe(sources, sources.add("input.yaml", std::string(input)), options, diagnostics);
  require(imported.has_value() != diagnostics.has_errors(), "a text is translated or refused");
  render_all(sources, diagnostics);
  if (!imported) return;
  Diagnostics about;
  const uint32_t made = sources.add("made.lcr", imported->text);
  const syntax::File file = syntax::parse(sources, made, about);
  if (about.has_errors()) render_all(sources, about);
  require(!about.has_errors(), "a translation can be read");
  require(syntax::format(sources, file) == imported->text, "a translation is formatted");
  const auto recipe = bind_recipe(sources, made, {}, about);
  if (recipe && !about.has_errors() && options.graph) {
    const auto typed = check(*recipe, model().graph, model().checkpoint, sources, about);
    if (typed) foreign::verify_import(*imported, *typed, model().graph, about);
  }
}
