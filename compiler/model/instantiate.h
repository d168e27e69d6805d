#pragma once

#include <string>
#include <vector>

#include "compiler/model/graph.h"
#include "compiler/model/spelling.h"
#include "compiler/model/text_arena.h"

namespace lcr::elaboration {

// Fills instances and modules from the templates: the model itself, then its layers in order; experts in order where
// their dispatch stands. Paths are spelled as the checkpoint does and live in `arena`.
void instantiate(ModelGraph& graph, const Spelling& spelling, TextArena& arena);

// Points of every attend that runs.
void collect_points(ModelGraph& graph, const Spelling& spelling, TextArena& arena);

// The names of all tensors of the first instance of every template, as the text spells them; of experts the first.
std::vector<std::string> sample_names(const ModelGraph& graph);

// "a.experts.{}.b" with the number of an expert.
std::string with_expert(std::string_view path, int64_t expert);

}  // namespace lcr::elaboration
