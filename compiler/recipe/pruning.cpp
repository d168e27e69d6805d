#include "compiler/recipe/pruning.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/precision.h"
#include "compiler/recipe/stacks.h"
#include "compiler/recipe/values.h"

namespace lcr::binding {
namespace {

// `by 25%`: what is removed.
std::optional<Amount> read_share(Binder& binder, Scope& scope, const syntax::Prune& prune) {
  std::optional<double> share =
      read_measure(binder, scope, *prune.share, Dimension::Ratio, "the share that is removed");
  if (!share) return std::nullopt;
  if (!prune.by) {
    binder.report(codes::L4034, prune.amount_span, "a share is removed, and `to` says what stays")
        .help(fmt::format("write `by {}` to remove that share, or `to 2:4` for a pattern", ratio_text(*share)));
    return std::nullopt;
  }
  if (*share <= 0 || *share >= 1) {
    binder.report(codes::L4034, prune.share->span, "the share that is removed is between 0% and 100%, both excluded");
    return std::nullopt;
  }
  Amount amount;
  amount.share = *share;
  return amount;
}

// `to 2:4`: what stays of so many neighbours.
std::optional<Amount> read_pattern(Binder& binder, const syntax::Prune& prune) {
  auto [keep, of] = *prune.pattern;
  if (prune.by) {
    binder.report(codes::L4034, prune.amount_span, "a pattern says what stays, and `by` says what is removed")
        .help(fmt::format("write `to {}:{}`", keep, of));
    return std::nullopt;
  }
  if (keep < 1 || keep >= of) {
    binder
        .report(codes::L4034, prune.amount_span,
                fmt::format("the pattern {}:{} removes nothing or everything", keep, of))
        .help("`2:4` keeps two of four neighbours");
    return std::nullopt;
  }
  Amount amount;
  amount.keep = keep;
  amount.of = of;
  return amount;
}

// Which amounts a pruner takes.
bool check_amount(Binder& binder, const syntax::Prune& prune, const ReadAlgorithm& pruner) {
  bool given = prune.share || prune.pattern;
  if (pruner.info->name == "existing" && given) {
    binder.report(codes::L4034, prune.amount_span, "`existing` keeps the zeros that are there, however many")
        .help("leave the amount out");
    return false;
  }
  if (pruner.info->name != "existing" && !given) {
    binder
        .report(codes::L4034, pruner.algorithm.span,
                fmt::format("`{}` is not told how much to remove", pruner.info->name))
        .help("write `by 50%` or `to 2:4` before `with`");
    return false;
  }
  if (pruner.info->name == "reap" && prune.pattern) {
    binder.report(codes::L4034, prune.amount_span, "whole experts have no pattern").help("write a share: `by 25%`");
    return false;
  }
  auto profile = pruner.algorithm.parameters.find("profile");
  if (prune.pattern && profile != pruner.algorithm.parameters.end() &&
      profile->second == ParameterValue(std::string("owl"))) {
    binder
        .report(codes::L4034, prune.amount_span,
                "a pattern is the same in every layer, and `owl` gives each its own share")
        .help("write a share, such as `by 50%`, or leave `profile` out");
    return false;
  }
  return true;
}

}  // namespace

std::optional<ReadPruning> read_pruning(Binder& binder, Scope& scope, const syntax::Prune& prune, Span statement) {
  ReadPruning result;
  bool fine = true;
  if (prune.share) fine &= (result.amount = read_share(binder, scope, prune)).has_value();
  if (prune.pattern) fine &= (result.amount = read_pattern(binder, prune)).has_value();
  if (!prune.call) {
    if (!scope.incomplete) {
      binder.report(codes::L4020, statement, "the rule does not say by which algorithm")
          .help("write for example `with magnitude`");
    }
    return std::nullopt;
  }
  std::optional<ReadAlgorithm> pruner = read_algorithm(binder, scope, *prune.call, AlgorithmRole::Pruner);
  if (!pruner || !fine || !check_amount(binder, prune, *pruner)) return std::nullopt;
  result.pruner = std::move(pruner->algorithm);
  return result;
}

}  // namespace lcr::binding
