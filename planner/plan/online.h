#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/model/graph.h"
#include "planner/plan/plan.h"

namespace lcr {

// What readers rotate of one linear at run time: its input, x -> x R, and what it gives, back, y -> y Sᵀ. Its stored
// weight is Sᵀ W R then, its stored bias Sᵀ b.
struct LinearRotations {
  std::optional<OnlineMatrix> input, output;
  bool any() const { return input || output; }
};

// By module of the graph: what the rotations of the plan (R4) and the stacks of its jobs (quip) say.
std::vector<LinearRotations> online_rotations(const Plan& plan, const ModelGraph& graph);

// What readers rotate queries and keys by, head by head (R3), by the path of the attention's block.
std::map<std::string, OnlineMatrix, std::less<>> rotated_attentions(const Plan& plan);

// Of a linear layer whose stack has `quip`; nothing without it.
LinearRotations quip_rotations(const Stack& stack, int64_t in, int64_t out);

}  // namespace lcr
