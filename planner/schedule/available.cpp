#include "planner/schedule/available.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/planning.h"
#include "planner/plan/expert_cut.h"

namespace lcr {
namespace {

class Refusals {
 public:
  Refusals(const Recipe& recipe, Diagnostics& diagnostics) : recipe_(recipe), diagnostics_(diagnostics) {}

  // One rule is reported once, however many assignments come from it.
  void refuse(int32_t rule, Span span, std::string what) {
    if (rule >= 0 && !reported_.insert(rule).second) return;
    if (rule >= 0 && span == Span{}) span = recipe_.rules[size_t(rule)].span;
    any_ = true;
    diagnostics_.report(codes::L5003, span, what + " is not available in this version", "cannot be run yet")
        .help("`rtn`, `gptq`, `autoround` in layers, `awq`, `smoothquant`, `quip` and every pruner are available");
  }
  bool any() const { return any_; }

 private:
  const Recipe& recipe_;
  Diagnostics& diagnostics_;
  std::set<int32_t> reported_;
  bool any_ = false;
};

const Observer* observer_of(const Algorithm& algorithm, const char* parameter) {
  const auto found = algorithm.parameters.find(parameter);
  return found == algorithm.parameters.end() ? nullptr : std::get_if<Observer>(&found->second);
}

// Stored scales of activations: of the tensor, or above the scales that are found at run time.
bool stores_activations(const std::optional<Format>& format) { return format && (!format->dynamic || format->global); }

// The first reason is enough.
void refuse_assignment(const Assignment& assignment, Refusals& refusals) {
  if (assignment.kind == Assignment::Kind::Auto) return refusals.refuse(assignment.rule, {}, "`auto`");
  // The only solver of caches is `rtn`, whose ranges are all found.
  if (assignment.cache || !assignment.stack) return;
  const Stack& stack = *assignment.stack;
  if (stack.solver.name == "autoround" && assignment.pruner && !removes_experts(*assignment.pruner))
    return refusals.refuse(assignment.rule, stack.solver.span, "`autoround` of pruned weights");
  if (const Observer* range = observer_of(stack.solver, "range");
      range != nullptr && range->name != "minmax" && range->name != "mse" && range->name != "four_over_six" &&
      range->name != "imatrix" && range->name != "hessian")
    return refusals.refuse(assignment.rule, stack.solver.span, fmt::format("the observer `{}`", range->name));
}

// A server cuts what a merged layer gives before it rounds; one scale of all its parts is none of theirs.
void refuse_merged_outputs(const TypedRecipe& typed, const ModelGraph& graph, Refusals& refusals) {
  for (size_t m = 0; m < graph.modules.size(); ++m) {
    const Assignment& assignment = typed.assignments[typed.of_module[m]];
    if (!assignment.precision || !stores_activations(assignment.precision->output)) continue;
    if (graph.modules[m].kind != ModuleKind::Linear || graph.declaration(graph.modules[m]).outputs.size() < 2) continue;
    refusals.refuse(assignment.rule, {}, fmt::format("a static range of what `{}` gives", graph.modules[m].path));
  }
}

void refuse_transform(const TransformStatement& transform, const TypedRecipe& typed, Refusals& refusals) {
  const auto& parameters = transform.algorithm.parameters;
  if (std::get<std::string>(parameters.at("kind")) == "learned")
    return refusals.refuse(-1, transform.span, "`kind = learned`");
  // Ranges of keys are looked at before they are rotated.
  const auto& spaces = std::get<std::vector<std::string>>(parameters.at("rotations"));
  const bool caches = std::any_of(typed.assignments.begin(), typed.assignments.end(),
                                  [](const Assignment& one) { return one.cache.has_value(); });
  if (caches && std::find(spaces.begin(), spaces.end(), "R3") != spaces.end())
    refusals.refuse(-1, transform.span, "R3 before a quantized cache");
}

// Calibrated weights are solved and stored once for all exports, so their scales have one dtype.
void refuse_two_dtypes(const Recipe& recipe, const TypedRecipe& typed, Refusals& refusals) {
  std::set<std::string> dtypes;
  for (const Export& exported : recipe.exports) {
    if (exported.format != Export::Format::CompressedTensors) continue;
    dtypes.insert(exported.dtype.value_or(""));
    if (typed.needs_data && dtypes.size() > 1)
      return refusals.refuse(-1, exported.span, "calibrating for compressed exports of two dtypes");
  }
}

// What is tuned is tuned with its layer.
void refuse_tuned_outside_of_layers(const TypedRecipe& typed, const ModelGraph& graph, Refusals& refusals) {
  for (size_t m = 0; m < graph.modules.size(); ++m) {
    const Assignment& assignment = typed.assignments[typed.of_module[m]];
    const bool tuned = assignment.kind == Assignment::Kind::Quantize && assignment.stack && assignment.stack->solver.name == "autoround";
    if (tuned && graph.modules[m].instance == 0)
      return refusals.refuse(assignment.rule, assignment.stack->solver.span,
                             fmt::format("`autoround` of `{}`, which stands in no layer,", graph.modules[m].path));
  }
}

}  // namespace

bool available(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, Diagnostics& diagnostics) {
  Refusals refusals(recipe, diagnostics);
  refuse_two_dtypes(recipe, typed, refusals);
  for (const TransformStatement& transform : recipe.transforms) refuse_transform(transform, typed, refusals);
  for (const Assignment& assignment : typed.assignments) refuse_assignment(assignment, refusals);
  refuse_tuned_outside_of_layers(typed, graph, refusals);
  refuse_merged_outputs(typed, graph, refusals);
  return !refusals.any();
}

}  // namespace lcr
