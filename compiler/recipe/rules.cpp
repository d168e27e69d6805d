#include "compiler/recipe/rules.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/precision.h"
#include "compiler/recipe/precisions.h"
#include "compiler/recipe/pruning.h"
#include "compiler/recipe/scope.h"
#include "compiler/recipe/selections.h"
#include "compiler/recipe/stacks.h"

namespace lcr::binding {
namespace {

struct Reader {
  Binder& binder;
  Scope& scope;
  int level;
  const syntax::Statement& statement;

  Rule start(Rule::Verb verb) const {
    Rule rule;
    rule.verb = verb;
    rule.overriding = statement.overriding;
    rule.level = level;
    rule.span = statement.span;
    return rule;
  }

  void operator()(const syntax::Keep& keep) const;
  void operator()(const syntax::Quantize& quantize) const;
  void operator()(const syntax::Prune& prune) const;
  void operator()(const syntax::Transform& transform) const;
  void operator()(const syntax::Default& choice) const;
  void operator()(const syntax::Untie& untie) const { mark(untie.selection, "`untie`", binder.recipe.untie); }
  void operator()(const syntax::Dequantize& dequantize) const {
    mark(dequantize.selection, "`dequantize`", binder.recipe.dequantize);
  }
  template <typename Other>
  void operator()(const Other&) const {}

  void mark(const syntax::Value& value, std::string_view place, std::vector<Marked>& list) const {
    if (std::optional<Selection> selection = read_weights(binder, scope, value, place))
      list.push_back({std::move(*selection), statement.span});
  }
  void quantize_weights(const syntax::Quantize& quantize, Rule rule) const;
  void quantize_points(const syntax::Quantize& quantize, Rule rule) const;
  void choose(const syntax::Quantize& quantize, Rule rule) const;
};

void Reader::operator()(const syntax::Default& choice) const {
  binder.recipe.default_keep = choice.keep;
  binder.recipe.default_span = statement.span;
}

void Reader::operator()(const syntax::Keep& keep) const {
  std::optional<BoundSelection> bound = read_selection(binder, scope, keep.selection, "`keep`");
  if (!bound) return;
  Rule rule = start(Rule::Verb::Keep);
  rule.selection = std::move(bound->selection);
  binder.recipe.rules.push_back(std::move(rule));
}

void Reader::operator()(const syntax::Quantize& quantize) const {
  std::optional<BoundSelection> bound = read_selection(binder, scope, quantize.selection, "`quantize`");
  // What a wrong selection would have meant is not known, so the rest of its rule is silent.
  if (!bound) return;
  Rule rule = start(Rule::Verb::Quantize);
  rule.precision_span = quantize.precision_span;
  rule.selection = std::move(bound->selection);
  bool points = bound->kind == UnitKind::Points;
  if (!quantize.precision) {
    if (points) {
      binder.report(codes::L4036, quantize.precision_span, "the precision of attention points is left to a budget")
          .help("write a format: caches are quantized alike in every layer");
    } else {
      choose(quantize, std::move(rule));
    }
  } else if (points) {
    quantize_points(quantize, std::move(rule));
  } else {
    quantize_weights(quantize, std::move(rule));
  }
}

// `with` is mandatory: even plain rounding is said.
std::optional<ReadStack> read_rule_stack(Binder& binder, Scope& scope, const std::optional<syntax::Stack>& stack,
                                         Span span) {
  if (stack) return read_stack(binder, scope, *stack);
  if (scope.incomplete) return std::nullopt;
  binder.report(codes::L4020, span, "the rule does not say by which algorithm")
      .help("write `with rtn` for plain rounding to the nearest code");
  return std::nullopt;
}

// Both the precision and the stack are read, so that mistakes in either are found in one run.
void Reader::quantize_weights(const syntax::Quantize& quantize, Rule rule) const {
  rule.precision = read_precision(binder, scope, *quantize.precision);
  std::optional<ReadStack> stack = read_rule_stack(binder, scope, quantize.stack, quantize.precision_span);
  if (!rule.precision || !stack) return;
  rule.stack = fit_to_weights(binder, *stack, *rule.precision);
  binder.recipe.rules.push_back(std::move(rule));
}

// Attention points take a bare format: nothing of them is stored but scales.
void Reader::quantize_points(const syntax::Quantize& quantize, Rule rule) const {
  rule.cache = read_cache(binder, scope, *quantize.precision);
  std::optional<ReadStack> stack = read_rule_stack(binder, scope, quantize.stack, quantize.precision_span);
  if (!rule.cache || !stack) return;
  rule.stack = fit_to_cache(binder, *stack, *rule.cache);
  if (rule.stack) binder.recipe.rules.push_back(std::move(rule));
}

// `as auto [W4A4, W4A8 with gptq, keep] with rtn`: a candidate's own stack wins over the rule's.
void Reader::choose(const syntax::Quantize& quantize, Rule rule) const {
  std::optional<ReadStack> common;
  if (quantize.stack) common = read_stack(binder, scope, *quantize.stack);
  bool fine = !quantize.stack || common;
  for (const syntax::Candidate& candidate : quantize.candidates) {
    Candidate result;
    result.span = candidate.span;
    if (candidate.precision) {
      result.precision = read_precision(binder, scope, *candidate.precision);
      std::optional<ReadStack> own;
      if (candidate.stack || !quantize.stack) own = read_rule_stack(binder, scope, candidate.stack, candidate.span);
      const std::optional<ReadStack>& stack = candidate.stack ? own : common;
      if (!result.precision || !stack) {
        fine = false;
        continue;
      }
      result.stack = fit_to_weights(binder, *stack, *result.precision);
    } else if (candidate.stack) {
      binder.report(codes::L4027, candidate.stack->span, "modules that are kept have no algorithm")
          .help("write `keep` alone");
    }
    rule.candidates.push_back(std::move(result));
  }
  if (fine) binder.recipe.rules.push_back(std::move(rule));
}

void Reader::operator()(const syntax::Prune& prune) const {
  std::optional<Selection> selection = read_weights(binder, scope, prune.selection, "`prune`");
  if (!selection) return;
  std::optional<ReadPruning> pruning = read_pruning(binder, scope, prune, statement.span);
  if (!pruning) return;
  Rule rule = start(Rule::Verb::Prune);
  rule.selection = std::move(*selection);
  rule.amount = pruning->amount;
  rule.pruner = std::move(pruning->pruner);
  rule.precision_span = prune.amount_span;
  binder.recipe.rules.push_back(std::move(rule));
}

void Reader::operator()(const syntax::Transform& transform) const {
  std::optional<ReadAlgorithm> read = read_algorithm(binder, scope, transform.call, AlgorithmRole::ModelWide);
  TransformStatement result;
  result.span = statement.span;
  bool fine = read.has_value();
  if (transform.on) {
    result.on = read_weights(binder, scope, *transform.on, "`on`");
    fine &= result.on.has_value();
  }
  if (!fine) return;
  result.algorithm = std::move(read->algorithm);
  binder.recipe.transforms.push_back(std::move(result));
}

}  // namespace

void read_rules(Binder& binder, Scope& scope, int level) {
  for (const syntax::Statement& statement : scope.tree.statements) {
    if (!belongs(statement, scope.tree.header.kind)) continue;
    std::visit(Reader{binder, scope, level, statement}, statement.node);
  }
}

}  // namespace lcr::binding
