#pragma once

#include <optional>

#include "compiler/recipe/binder.h"

namespace lcr::binding {

struct ReadPruning {
  std::optional<Amount> amount;  // absent with `existing`
  Algorithm pruner;
};

// The amount and the algorithm of a `prune` rule.
std::optional<ReadPruning> read_pruning(Binder& binder, Scope& scope, const syntax::Prune& prune, Span statement);

}  // namespace lcr::binding
