#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "backend/rotations/fold.h"

namespace lcr {

// Matrices of the rotations whose kind is `learned`, float64: of the stream [n, n] (undefined: it is not learned), and of
// value heads [heads, n, n], by the path of the module with the values.
struct LearnedRotations {
  at::Tensor stream;
  std::map<std::string, at::Tensor, std::less<>> heads;
};

// Whether a plan's rotations have to be learned first.
bool learns(const std::vector<Rotation>& rotations);

// Where the descent starts: the matrix of random_hadamard and the rotation's seed, the same for all heads; where none is
// known, that of random.
LearnedRotations start_of(const std::vector<Rotation>& rotations, const ModelGraph& graph);

// What is folded; `learned` may be null where nothing is learned.
FoldMatrices matrices_of(const std::vector<Rotation>& rotations, const LearnedRotations* learned);

}  // namespace lcr
