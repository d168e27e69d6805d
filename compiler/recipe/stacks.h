#pragma once

#include <optional>

#include "compiler/language/algorithms.h"
#include "compiler/recipe/binder.h"

namespace lcr::binding {

// A stack in legal order, methods expanded, before it is fitted to a precision.
struct ReadStack {
  std::vector<ReadAlgorithm> transforms;
  ReadAlgorithm solver;
};

// One algorithm whose role must be `role`.
std::optional<ReadAlgorithm> read_algorithm(Binder& binder, Scope& scope, const syntax::Call& call, AlgorithmRole role);

std::optional<ReadStack> read_stack(Binder& binder, Scope& scope, const syntax::Stack& stack);

// The stack of a rule on weights, with the observers that this precision has: reports those that it has no use for.
Stack fit_to_weights(Binder& binder, const ReadStack& stack, const Precision& precision);

// The stack of a rule on attention points, which takes rtn alone.
std::optional<Stack> fit_to_cache(Binder& binder, const ReadStack& stack, const Format& format);

// Whether scales of this side come from calibration (all of them, or the global one).
bool has_static_scale(const Format& format);

// Checks what `method` statements say although nothing may use them.
void read_methods(Binder& binder, Scope& scope);

}  // namespace lcr::binding
