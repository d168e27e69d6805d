#include "compiler/lint/analyze.h"
#include "planner/plan/yaml.h"
#include "planner/schedule/make_plan.h"
#include "tests/fuzz/targets.h"

// `lcr check` with a model, with every rule, and `lcr plan`.
void lcr::fuzz::recipe(std::string_view input) {
  Sources sources;
  Diagnostics diagnostics;
  AnalyzeOptions options;
  options.model = &model();
  options.lint.preview = true;
  const Analysis found = analyze(sources, sources.add("input.lcr", std::string(input)), options, diagnostics);
  if (found.recipe && found.typed && !diagnostics.has_errors()) {
    PlanOptions how;
    how.host = {int64_t{16} << 30, 4};
    const auto plan =
        make_plan(*found.recipe, *found.typed, model().graph, model().checkpoint, sources, how, diagnostics);
    if (plan) write_plan(*plan);
  }
  render_all(sources, diagnostics);
}
