#include "compiler/recipe/needs.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/language/algorithms.h"
#include "compiler/recipe/stacks.h"

namespace lcr::binding {
namespace {

// Why a rule needs data, or nothing.
using Reason = std::optional<std::string>;

// What the algorithm itself collects: statistics of inputs, gradients, or the weights of an observer.
Reason of_algorithm(const Algorithm& algorithm) {
  const AlgorithmInfo* info = find_algorithm(algorithm.name);
  if (info && info->needs_data) return fmt::format("`{}` needs data", algorithm.name);
  auto kind = algorithm.parameters.find("kind");
  if (kind != algorithm.parameters.end() && kind->second == ParameterValue(std::string("learned")))
    return "`learned` rotations need data";
  auto range = algorithm.parameters.find("range");
  auto* observer = range == algorithm.parameters.end() ? nullptr : std::get_if<Observer>(&range->second);
  const ObserverInfo* observed = observer ? find_observer(observer->name) : nullptr;
  if (observed && observed->needs_data) return fmt::format("the observer `{}` needs data", observer->name);
  return std::nullopt;
}

// A scale that is found before the run comes from data unless its range is given.
Reason of_side(const Algorithm& solver, const std::optional<Format>& format, const std::string& parameter,
               std::string_view what) {
  if (!format || !has_static_scale(*format)) return std::nullopt;
  auto found = solver.parameters.find(parameter);
  auto* observer = found == solver.parameters.end() ? nullptr : std::get_if<Observer>(&found->second);
  if (observer && observer->name == "fixed") return std::nullopt;
  return fmt::format("the static {} of {} needs data", format->dynamic ? "global scale" : "scale", what);
}

Reason of_stack(const Stack& stack) {
  for (const Algorithm& transform : stack.transforms) {
    if (Reason reason = of_algorithm(transform)) return reason;
  }
  return of_algorithm(stack.solver);
}

Reason of_precision(const Precision& precision, const Stack& stack) {
  if (Reason reason = of_stack(stack)) return reason;
  if (Reason reason = of_side(stack.solver, precision.input, "input_range", "the inputs")) return reason;
  return of_side(stack.solver, precision.output, "output_range", "the outputs");
}

// A rule needs data when any candidate does: the choice may fall on it.
Reason of_rule(const Rule& rule) {
  if (rule.pruner) return of_algorithm(*rule.pruner);
  if (rule.precision && rule.stack) return of_precision(*rule.precision, *rule.stack);
  if (rule.cache && rule.stack) return of_side(rule.stack->solver, rule.cache, "range", "the cache");
  for (const Candidate& candidate : rule.candidates) {
    if (!candidate.precision || !candidate.stack) continue;
    if (Reason reason = of_precision(*candidate.precision, *candidate.stack)) return reason;
  }
  return std::nullopt;
}

struct Need {
  Span span;
  std::string reason;
};

// `error` compares weights alone; every other score, and a limit on the divergence, runs the model.
Reason of_budget(const Budget& budget) {
  for (const BudgetLimit& limit : budget.limits) {
    if (limit.what == "kl") return "a limit on `kl` needs data";
  }
  if (budget.score.empty() || budget.score == "error") return std::nullopt;
  return fmt::format("the score `{}` needs data", budget.score);
}

// In text order of the rules, then what stands outside of them.
std::optional<Need> first_need(const Recipe& recipe) {
  for (const TransformStatement& transform : recipe.transforms) {
    if (Reason reason = of_algorithm(transform.algorithm)) return Need{transform.span, *reason};
  }
  for (const Rule& rule : recipe.rules) {
    if (Reason reason = of_rule(rule)) return Need{rule.span, *reason};
  }
  if (recipe.budget) {
    if (Reason reason = of_budget(*recipe.budget)) return Need{recipe.budget->span, *reason};
  }
  return std::nullopt;
}

// Data are read only when something needs them, and a block that nothing reads would mislead.
void check_data(Binder& binder) {
  const Recipe& recipe = binder.recipe;
  std::optional<Need> need = first_need(recipe);
  if (need && !recipe.calibration) {
    binder.report(codes::L2060, need->span, fmt::format("{}, and the recipe has no `calibrate` block", need->reason))
        .help(
            "add `calibrate { data = text(\"FILE.jsonl\", samples = 512)  length = 2048tok  pick = random(seed = 0) "
            "}`");
  } else if (!need && recipe.calibration) {
    binder.report(codes::L2061, recipe.calibration->span, "there is a `calibrate` block and no rule needs data")
        .help("leave it out");
  }
}

// A budget and a choice need each other.
void check_choices(Binder& binder) {
  const Recipe& recipe = binder.recipe;
  const Rule* chosen = nullptr;
  for (const Rule& rule : recipe.rules) {
    if (!rule.candidates.empty() && !chosen) chosen = &rule;
  }
  if (chosen && !recipe.budget) {
    binder.report(codes::L2062, chosen->precision_span, "a choice of precisions is left to a budget, and there is none")
        .help("add for example `budget { weights <= 4.5bpw over type(linear)  score = kl(samples = 128) }`");
  } else if (!chosen && recipe.budget) {
    binder.report(codes::L2063, recipe.budget->span, "there is a budget and no rule leaves a choice")
        .help("write a rule `quantize ... as auto [A, B, keep] with ...`, or leave the budget out");
  }
}

// Calls `visit` with every algorithm of the recipe, those of candidates too.
template <typename Visit>
void each_algorithm(const Recipe& recipe, Visit visit) {
  auto stack = [&](const std::optional<Stack>& stack) {
    if (!stack) return;
    for (const Algorithm& transform : stack->transforms) visit(transform);
    visit(stack->solver);
  };
  for (const TransformStatement& transform : recipe.transforms) visit(transform.algorithm);
  for (const Rule& rule : recipe.rules) {
    stack(rule.stack);
    for (const Candidate& candidate : rule.candidates) stack(candidate.stack);
    if (rule.pruner) visit(*rule.pruner);
  }
}

// Parameters that count calibration rows cannot exceed them.
void check_samples(Binder& binder) {
  if (!binder.recipe.calibration) return;
  int64_t rows = 0;
  for (const DataSource& source : binder.recipe.calibration->data) rows += source.samples;
  if (rows == 0) return;
  std::set<std::pair<uint32_t, uint32_t>> seen;
  each_algorithm(binder.recipe, [&](const Algorithm& algorithm) {
    for (const char* name : {"batch", "kind.samples"}) {
      auto found = algorithm.parameters.find(name);
      auto* count = found == algorithm.parameters.end() ? nullptr : std::get_if<int64_t>(&found->second);
      if (!count || *count <= rows || !seen.insert({algorithm.span.file, algorithm.span.begin}).second) continue;
      binder
          .report(codes::L4024, algorithm.span,
                  fmt::format("`{}` takes {} rows in its `{}`, and the data has {}", algorithm.name, *count,
                              std::string(name) == "batch" ? "batch" : "samples", rows))
          .label(binder.recipe.calibration->span, "the data");
    }
  });
}

// Every expert sees every token under `every_expert`, which hides the routes that pruning whole experts goes by.
void check_routes(Binder& binder) {
  const std::optional<Calibration>& calibration = binder.recipe.calibration;
  if (!calibration || !calibration->route || *calibration->route == "top_k") return;
  for (const Rule& rule : binder.recipe.rules) {
    if (!rule.pruner || rule.pruner->name != "reap") continue;
    binder
        .report(codes::L4035, rule.pruner->span,
                "`reap` weighs experts by the tokens that reach them, and every expert sees every token")
        .label(calibration->span, fmt::format("`route = {}` here", *calibration->route))
        .help("write `route = top_k`");
    return;
  }
}

}  // namespace

void check_whole(Binder& binder) {
  check_samples(binder);
  check_routes(binder);
  check_data(binder);
  check_choices(binder);
}

}  // namespace lcr::binding
