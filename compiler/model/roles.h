#pragma once

#include <vector>

#include "compiler/model/graph.h"

namespace lcr {

// Adds to the written roles of all modules what the dataflow tells: attention and linear_attention (linears that feed
// or read an `attend`, a recurrence), router (linears whose result reaches `top_k`), mlp (the other linears of a
// layer), expert, embedding, head (the last linear before the model's output) and decoder.
void derive_roles(std::vector<Template>& templates);

}  // namespace lcr
