#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/check/typed_recipe.h"

namespace lcr {

// Of every module the number of the candidate that it gets, in the order of its rule's list; -1 where none is to be chosen.
using ChosenCandidates = std::vector<int32_t>;

// Puts chosen candidates in the place of `auto`: the same rule decides, with a precision and a stack, or keeps.
void choose(const ChosenCandidates& chosen, TypedRecipe& typed);

// The recipe as if it had named the candidates: typed, and checked by all static rules again. `open` is what check() gave.
// Reports errors alone; warnings were said of all candidates.
std::optional<TypedRecipe> check_chosen(const Recipe& recipe, const TypedRecipe& open, const ChosenCandidates& chosen,
                                        const ModelGraph& graph, const Checkpoint& checkpoint, Sources& sources,
                                        Diagnostics& diagnostics);

}  // namespace lcr
