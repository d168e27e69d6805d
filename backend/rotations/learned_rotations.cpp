#include "backend/rotations/learned_rotations.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "backend/algorithms/hadamard.h"
#include "compiler/diagnostics/check.h"

namespace lcr {

bool learns(const std::vector<Rotation>& rotations) {
  return std::any_of(rotations.begin(), rotations.end(), [](const Rotation& one) { return one.kind == "learned"; });
}

LearnedRotations start_of(const std::vector<Rotation>& rotations, const ModelGraph& graph) {
  LearnedRotations start;
  const Rotations facts = derive_rotations(graph);
  const std::vector<ModuleFold> folds = module_folds(graph, facts, rotations);
  for (const Rotation& rotation : rotations) {
    if (rotation.kind != "learned") continue;
    const auto seed = static_cast<uint64_t>(rotation.seed);
    const at::Tensor matrix = has_hadamard(rotation.size) ? random_hadamard(rotation.size, seed) : random_orthogonal(rotation.size, seed);
    if (rotation.space == "R1") {
      start.stream = matrix;
      continue;
    }
    for (uint32_t m = 0; m < graph.modules.size(); ++m)
      if (folds[m].values != none_id)
        start.heads[std::string(graph.modules[m].path)] = matrix.repeat({facts.heads[folds[m].values].heads, 1, 1});
  }
  return start;
}

FoldMatrices matrices_of(const std::vector<Rotation>& rotations, const LearnedRotations* learned) {
  FoldMatrices matrices;
  for (const Rotation& rotation : rotations) {
    if (!rotation.folded()) continue;
    const bool known = rotation.kind != "learned";
    LCR_CHECK(known || learned != nullptr, "rotations are folded before they are learned");
    if (rotation.space == "R1") {
      if (known) matrices.stream.emplace(rotation);
      else matrices.stream.emplace(learned->stream);
    } else if (known) {
      matrices.heads.emplace(rotation);
    } else {
      for (const auto& [path, matrix] : learned->heads) matrices.own.emplace(path, RotationMatrix(matrix));
    }
  }
  return matrices;
}

}  // namespace lcr
