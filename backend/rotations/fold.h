#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "backend/forward/weights.h"
#include "backend/rotations/rotation_matrix.h"
#include "compiler/facts/module_folds.h"

namespace lcr {

// The matrices of folded rotations.
struct FoldMatrices {
  std::optional<RotationMatrix> stream;                    // R1
  std::optional<RotationMatrix> heads;                     // R2: one for all heads of all layers,
  std::map<std::string, RotationMatrix, std::less<>> own;  // or of a layer, by the path of the module with its values
};

// What the folded rotations make of every module's tensors, from the module's own numbers and its norm: stateless, for
// many threads. Computed in float64 (a part of folded_at_once elements at a time), rounded to float32.
class Fold {
 public:
  // `norms`: where the norms' weights are read from, now. The graph must outlive it.
  Fold(const ModelGraph& graph, const Rotations& facts, std::vector<ModuleFold> modules, FoldMatrices matrices,
       const Weights& norms, std::string device);

  // Other matrices of the same sizes. Not while others fold.
  void turn_by(FoldMatrices matrices) { matrices_ = std::move(matrices); }

  bool changes(uint32_t module) const { return !modules_.empty() && modules_[module].any(); }
  bool mixes_rows(uint32_t module) const { return !modules_.empty() && modules_[module].mixes_rows(); }
  // Rows of a tensor as they are stored, from row `first` of the tensor on -> what becomes of them, float32 on the
  // device. All rows of a module that mixes them. Can be differentiated by matrices that are dense.
  at::Tensor apply(uint32_t module, uint32_t tensor, const at::Tensor& stored, int64_t first = 0) const;
  const std::string& device() const { return device_; }

 private:
  at::Tensor norm(uint32_t module) const;
  at::Tensor vector(uint32_t module, const std::string& name, const at::Tensor& stored, int64_t first) const;
  at::Tensor by_columns(uint32_t module, const at::Tensor& stored) const;
  void by_rows(uint32_t module, at::Tensor& weight) const;
  at::Tensor read_side(uint32_t module, at::Tensor rows) const;
  at::Tensor written_side(uint32_t module, at::Tensor columns) const;
  at::Tensor turn_values(uint32_t module, const at::Tensor& columns) const;
  const RotationMatrix& heads_of(uint32_t module) const;

  const ModelGraph& graph_;
  std::vector<Rotations::Heads> heads_;
  std::vector<ModuleFold> modules_;
  FoldMatrices matrices_;
  std::string device_;
  std::map<uint32_t, at::Tensor> norms_;         // weight + offset, float64
  std::map<uint32_t, double> offsets_;
  std::map<uint32_t, std::string> value_paths_;  // of the modules that read attended heads
};

struct LearnedRotations;

// For a plan's folded rotations; null when it has none. `learned`: the matrices of those that are, else null.
std::unique_ptr<Fold> fold_of(const std::vector<Rotation>& rotations, const ModelGraph& graph, const Weights& norms,
                              const std::string& device, const LearnedRotations* learned = nullptr);

}  // namespace lcr
