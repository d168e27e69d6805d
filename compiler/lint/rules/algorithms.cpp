#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "compiler/lint/rules.h"

// L92: algorithms that have nothing to do, or too little to go by.
namespace lcr::lint {
namespace {

bool smooths(const Algorithm& algorithm) { return algorithm.name == "smoothquant" || algorithm.name == "awq"; }

const Algorithm* smoothing_of(const Stack& stack) {
  for (const Algorithm& transform : stack.transforms)
    if (smooths(transform)) return &transform;
  return nullptr;
}

// Every stack of a rule with the precision that it serves; null for what has none.
template <typename Visit>
void each_choice(const Rule& rule, Visit visit) {
  if (rule.stack) visit(*rule.stack, rule.precision ? &*rule.precision : nullptr);
  for (const Candidate& candidate : rule.candidates)
    if (candidate.stack) visit(*candidate.stack, candidate.precision ? &*candidate.precision : nullptr);
}

// (template, module) pairs as one number.
uint64_t place(TemplateId owner, uint32_t module) { return uint64_t{owner} << 32 | module; }

// Modules that a rule with a smoothing transform changes, as places.
std::set<uint64_t> smoothed_places(const LintModel& on, const Rule** rule) {
  std::set<uint64_t> places;
  for (const ModuleClass& one : on.classes) {
    const Assignment& assignment = on.typed.assignments[one.assignment];
    if (!assignment.stack || smoothing_of(*assignment.stack) == nullptr) continue;
    places.insert(place(one.owner, one.local));
    if (assignment.rule >= 0) *rule = &on.recipe.rules[static_cast<size_t>(assignment.rule)];
  }
  return places;
}

}  // namespace

void smoothing_without_inputs(const LintRecipe& on, Diagnostics& found) {
  std::set<std::pair<uint32_t, uint32_t>> said;
  for (const Rule& rule : on.recipe.rules)
    each_choice(rule, [&](const Stack& stack, const Precision* precision) {
      if (precision == nullptr || precision->input) return;
      for (const Algorithm& transform : stack.transforms) {
        if (transform.name != "smoothquant" || !said.insert({transform.span.file, transform.span.begin}).second)
          continue;
        found
            .report(
                codes::L9201, transform.span,
                fmt::format("`{}` does not quantize inputs, and `smoothquant` moves their outliers into the weights",
                            precision->name))
            .label(rule.precision_span, "weights alone")
            .help("leave it out: weights only become harder to round; `awq` chooses scales for weights");
      }
    });
}

void small_damp(const LintRecipe& on, Diagnostics& found) {
  std::set<std::pair<uint32_t, uint32_t>> said;
  const auto check = [&](const Algorithm& algorithm) {
    const auto at = algorithm.parameters.find("damp");
    const double* damp = at == algorithm.parameters.end() ? nullptr : std::get_if<double>(&at->second);
    if (damp == nullptr || *damp >= 0.001 || !said.insert({algorithm.span.file, algorithm.span.begin}).second) return;
    found
        .report(codes::L9208, algorithm.span,
                fmt::format("a damping of {:g} % hardly separates what data did not excite", *damp * 100))
        .help(
            "1 % is usual; a factorization that fails is damped again, tenfold each time, and the result then depends "
            "on where it stopped");
  };
  for (const Rule& rule : on.recipe.rules) {
    each_choice(rule, [&](const Stack& stack, const Precision*) { check(stack.solver); });
    if (rule.pruner) check(*rule.pruner);
  }
}

void smoothing_changes_router(const LintModel& on, Diagnostics& found) {
  const Rule* rule = nullptr;
  const std::set<uint64_t> smoothed = smoothed_places(on, &rule);
  if (smoothed.empty() || rule == nullptr) return;
  for (const SmoothingSet& set : on.facts().smoothing) {
    const Side* router = nullptr;
    bool target = false;
    for (const Side& side : set.readers) {
      if (has(on.graph.templates[side.owner].modules[side.module].roles, Role::Router)) router = &side;
      else target = target || smoothed.count(place(side.owner, side.module)) > 0;
    }
    if (router == nullptr || !target) continue;
    found
        .report(codes::L9203, rule->span,
                fmt::format("scales for these modules also fold into `{}`",
                            on.graph.templates[router->owner].modules[router->module].path))
        .help(
            "the product is the same but for rounding, which may send a token to another expert; `through = …` "
            "restricts what is scaled");
    return;
  }
}

}  // namespace lcr::lint
