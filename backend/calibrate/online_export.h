#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/model/graph.h"
#include "planner/plan/plan.h"

// Rotations at run time for the room that writes files, which knows no tensors.
namespace lcr {

class OnlineWeights;

// A stored matrix as readers look for it: √n R, row by row, in matrix_dtype().
std::vector<std::byte> matrix_bytes(const OnlineMatrix& matrix);

// Turns what is stored for readers that rotate into what others need.
class RotatedBack {
 public:
  // The graph must outlive it.
  RotatedBack(const Plan& plan, const ModelGraph& graph);
  ~RotatedBack();

  bool changes(uint32_t module) const;
  // Of all numbers of a module's tensor "weight" (row by row) or "bias", in place.
  void restore(uint32_t module, std::string_view tensor, std::span<float> numbers) const;

 private:
  const ModelGraph& graph_;
  std::unique_ptr<const OnlineWeights> weights_;
};

}  // namespace lcr
