#pragma once

#include <optional>
#include <vector>

#include "compiler/facts/facts.h"
#include "compiler/language/rotation.h"
#include "compiler/model/graph.h"
#include "compiler/recipe/recipe.h"
#include "compiler/select/select.h"

namespace lcr {

// The recipe's `transform` statements in text order, resolved against the model: sizes, and where. Reports rotations
// that the dataflow forbids (L4083), matrices that there are not (L4084), spaces that are rotated twice (L4085), `on`
// that cuts the residual stream (L4086), what cannot be learned (L4093); nothing then. Copied layers that read a rotated stream are warned of (L4087).
std::optional<std::vector<Rotation>> resolve_rotations(const Recipe& recipe, const ModelGraph& graph,
                                                       const Rotations& facts, Selector& selector,
                                                       Diagnostics& diagnostics);

}  // namespace lcr
