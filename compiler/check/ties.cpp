#include <algorithm>

#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/check/rules.h"
#include "compiler/diagnostics/codes/precision.h"

namespace lcr {
namespace {

// The rule that rounds or prunes a module; null when it stays as it is.
const Rule* changing_rule(const CheckContext& context, uint32_t module) {
  const Assignment& assignment = context.typed.assignments[context.typed.of_module[module]];
  if (assignment.kind != Assignment::Kind::Keep) return context.rule(assignment);
  return context.prune_rule(assignment);
}

bool rotates_embeddings(const TransformStatement& transform) {
  const auto at = transform.algorithm.parameters.find("rotations");
  if (at == transform.algorithm.parameters.end()) return false;
  const auto* rotations = std::get_if<std::vector<std::string>>(&at->second);
  return rotations != nullptr && std::find(rotations->begin(), rotations->end(), "R1") != rotations->end();
}

std::string mebibytes(const ModelGraph& graph, const Module& module) {
  return fmt::format("{:.1f} MiB", static_cast<double>(module.out * module.in * size_of(graph.dtype)) / (1 << 20));
}

}  // namespace

void check_ties(const CheckContext& context) {
  for (size_t t = 0; t < context.graph.ties.size(); ++t) {
    if (context.typed.untied[t]) continue;
    const Tie& tie = context.graph.ties[t];
    const Module &module = context.graph.modules[tie.module], &to = context.graph.modules[tie.to];
    const auto explain = [&](Diagnostic& diagnostic) {
      diagnostic.help(fmt::format("``untie `{}` `` gives it a weight of its own, {} more before it is quantized",
                                  module.path, mebibytes(context.graph, to)));
    };
    bool said = false;
    for (const TransformStatement& transform : context.recipe.transforms) {
      if (!rotates_embeddings(transform)) continue;
      said = true;
      Diagnostic& diagnostic = context.diagnostics.report(
          codes::L4056, transform.span,
          fmt::format("rotation R1 splits `{}` from `{}`, which share one weight", module.path, to.path));
      explain(diagnostic);
      const Span before{transform.span.file, transform.span.begin, transform.span.begin};
      diagnostic.fix({fmt::format("untie `{}`", module.path), Applicability::Unsafe,
                      {{before, fmt::format("untie `{}`\n", module.path)}}});
    }
    const Rule *one = changing_rule(context, tie.module), *other = changing_rule(context, tie.to);
    if (said || (one == nullptr && other == nullptr)) continue;
    Diagnostic& diagnostic =
        context.diagnostics.report(codes::L4056, (one != nullptr ? one : other)->selection.span,
                                   fmt::format("rule changes a weight that `{}` and `{}` share", module.path, to.path));
    explain(diagnostic);
    diagnostic.help(fmt::format("or keep both: `` keep `{}` | `{}` ``", module.path, to.path));
  }
}

void decide_marks(const Recipe& recipe, const ModelGraph& graph, Selector& selector, Diagnostics& diagnostics,
                  Decisions& decisions) {
  decisions.dequantized.assign(graph.modules.size(), false);
  decisions.untied.assign(graph.ties.size(), false);
  for (const Marked& marked : recipe.dequantize) {
    const UnitSet set = selector.match(marked.selection);
    if (set.points() || set.empty()) continue;
    bool any = false;
    for (uint32_t m : set.members()) {
      if (graph.modules[m].source_codec == 0) continue;
      decisions.dequantized[m] = true;
      any = true;
    }
    if (any) continue;
    Diagnostic& diagnostic = diagnostics.report(codes::L4059, marked.selection.span,
                                                "nothing here is quantized in the source", count_of(set.count()));
    name_units(diagnostic, graph, set.members());
    diagnostic.help("leave the statement out");
  }
  for (const Marked& marked : recipe.untie) {
    const UnitSet set = selector.match(marked.selection);
    if (set.points()) continue;
    std::vector<uint32_t> loose;
    for (uint32_t m : set.members()) {
      bool tied = false;
      for (size_t t = 0; t < graph.ties.size(); ++t) {
        if (graph.ties[t].module != m && graph.ties[t].to != m) continue;
        decisions.untied[t] = true;
        tied = true;
      }
      if (!tied) loose.push_back(m);
    }
    if (loose.empty()) continue;
    Diagnostic& diagnostic =
        diagnostics.report(codes::L4057, marked.selection.span, "`untie` names weights that are not tied in this model",
                           count_of(loose.size()));
    name_units(diagnostic, graph, loose);
    diagnostic.help("leave the statement out for this model");
  }
}

}  // namespace lcr
