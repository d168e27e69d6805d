#include "backend/calibrate/online_export.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstring>

#include "backend/algorithms/hadamard.h"
#include "backend/calibrate/online_weights.h"
#include "backend/forward/dtypes.h"
#include "planner/plan/layout.h"

namespace lcr {

std::vector<std::byte> matrix_bytes(const OnlineMatrix& matrix) {
  const OrthogonalMatrix made = make_matrix(matrix.kind, matrix.size, static_cast<uint64_t>(matrix.seed));
  at::Tensor scaled = made.dense() * std::sqrt(static_cast<double>(matrix.size));
  scaled = scaled.to(scalar_type(matrix_dtype(matrix))).contiguous();
  std::vector<std::byte> bytes(scaled.nbytes());
  std::memcpy(bytes.data(), scaled.data_ptr(), bytes.size());
  return bytes;
}

RotatedBack::RotatedBack(const Plan& plan, const ModelGraph& graph)
    : graph_(graph), weights_(std::make_unique<OnlineWeights>(plan, graph, "cpu")) {}

RotatedBack::~RotatedBack() = default;

bool RotatedBack::changes(uint32_t module) const { return weights_->of(module).any(); }

void RotatedBack::restore(uint32_t module, std::string_view tensor, std::span<float> numbers) const {
  at::Tensor stored = at::from_blob(numbers.data(), {static_cast<int64_t>(numbers.size())}, at::TensorOptions(at::kFloat));
  const bool weight = tensor == "weight";
  if (weight) stored = stored.view({graph_.modules[module].out, graph_.modules[module].in});
  stored.copy_(weight ? weights_->restored_weight(module, stored) : weights_->restored_bias(module, stored));
}

}  // namespace lcr
