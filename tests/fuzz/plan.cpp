#include "planner/plan/plan.h"

#include "planner/plan/show.h"
#include "planner/plan/yaml.h"
#include "tests/fuzz/targets.h"

void lcr::fuzz::plan(std::string_view input) {
  Sources sources;
  Diagnostics diagnostics;
  const auto plan = read_plan(sources, sources.add("plan.yaml", std::string(input)), diagnostics);
  require(plan.has_value() != diagnostics.has_errors(), "a plan is read or refused");
  render_all(sources, diagnostics);
  if (!plan) return;
  show_text(*plan);
  show_json(*plan);
  const std::string written = write_plan(*plan);
  const auto again = read_plan(sources, sources.add("again.yaml", written), diagnostics);
  require(again.has_value() && write_plan(*again) == written, "a plan reads back as it was");
}
