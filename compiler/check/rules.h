#pragma once

#include "compiler/check/assign.h"
#include "compiler/check/context.h"

namespace lcr {

// Each family of static rules reports what breaks it, once for each cause.

// Which kinds of modules may be quantized or pruned, and by which algorithms.
void check_kinds(const CheckContext& context);
// Groups and patterns divide widths, also of one tensor-parallel rank's part.
void check_shapes(const CheckContext& context);
// Weights that are tied, and `untie`.
void check_ties(const CheckContext& context);
// Sources that are quantized already, and `dequantize`.
void check_sources(const CheckContext& context);
// Rotations that stacks ask readers for: matrices that there are, and modules that readers can rotate. Sources that are
// rotated so already.
void check_online(const CheckContext& context);
void check_rotated_source(const CheckContext& context);
// What the formats of the exports can store; caches alike in all layers.
void check_exports(const CheckContext& context);
// Servers that `serve` names, or a note about those that would refuse.
void check_serving(const CheckContext& context);
// Warnings about what the recipe leaves out.
void check_coverage(const CheckContext& context);

// `dequantize` and `untie` statements, matched: into Decisions, with their own mistakes reported.
void decide_marks(const Recipe& recipe, const ModelGraph& graph, Selector& selector, Diagnostics& diagnostics,
                  Decisions& decisions);

}  // namespace lcr
