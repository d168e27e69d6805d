#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/check/sharding.h"
#include "compiler/lint/rules.h"

// L92: what fits on one rank of a server and not on two.
namespace lcr::lint {
namespace {

// Columns that share a scale; 0 where any cut between them is as good as another.
int64_t unit_of(const Format& format) {
  if (format.per == Per::Group) return format.group;
  return format.per == Per::Block ? format.block_columns : 0;
}

struct Misfit {
  int64_t unit = 0, width = 0;
  std::vector<uint32_t> modules;
};

}  // namespace

void one_rank_only(const LintModel& on, Diagnostics& found) {
  // Ranks that are named are checked, by L4051.
  const auto said = [&](const Serve& serve) {
    return on.sources.text(serve.span).find("tensor_parallel") != std::string_view::npos;
  };
  if (std::any_of(on.recipe.serve.begin(), on.recipe.serve.end(), said)) return;
  std::vector<std::vector<Sharding>> known(on.graph.templates.size());
  std::map<int32_t, Misfit> by_rule;
  for (const ModuleClass& one : on.classes) {
    const Assignment& assignment = on.typed.assignments[one.assignment];
    if (one.kind != ModuleKind::Linear || !assignment.precision || assignment.rule < 0) continue;
    std::vector<Sharding>& sharding = known[one.owner];
    if (sharding.empty()) sharding = shardings(on.graph, one.owner);
    if (sharding[one.local] != Sharding::Row) continue;
    for (const std::optional<Format>* side : {&assignment.precision->weights, &assignment.precision->input}) {
      const int64_t unit = *side ? unit_of(**side) : 0;
      if (unit == 0 || one.in % (2 * unit) == 0) continue;
      Misfit& misfit = by_rule[assignment.rule];
      misfit.unit = unit, misfit.width = one.in;
      misfit.modules.insert(misfit.modules.end(), one.modules.begin(), one.modules.end());
      break;
    }
  }
  for (const auto& [r, misfit] : by_rule) {
    Diagnostic& diagnostic = found.report(
        codes::L9211, on.recipe.rules[static_cast<size_t>(r)].precision_span,
        fmt::format("groups of {} do not divide half of the input width {}: the result loads on one rank only",
                    misfit.unit, misfit.width),
        count_of(misfit.modules.size()));
    name_units(diagnostic, on.graph, misfit.modules);
    diagnostic.with("group", misfit.unit).with("width", misfit.width);
    diagnostic.help("say over how many ranks it is served: `serve vllm { tensor_parallel = [1] }` takes it as it is");
  }
}

}  // namespace lcr::lint
