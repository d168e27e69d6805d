#include "backend/calibrate/online_weights.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "backend/algorithms/hadamard.h"

namespace lcr {
namespace {

// Elements that are float64 at a time.
constexpr int64_t most_elements = int64_t{1} << 24;

using Turn = at::Tensor (*)(const at::Tensor&, const OrthogonalMatrix&);

// Row by row.
at::Tensor turn_rows(const at::Tensor& x, const OrthogonalMatrix& matrix, Turn turn) {
  at::Tensor result = at::empty_like(x, at::MemoryFormat::Contiguous);
  const int64_t step = std::max<int64_t>(1, most_elements / std::max<int64_t>(1, x.size(1)));
  for (int64_t begin = 0; begin < x.size(0); begin += step) {
    const int64_t rows = std::min(step, x.size(0) - begin);
    result.narrow(0, begin, rows).copy_(turn(x.narrow(0, begin, rows).to(at::kDouble), matrix));
  }
  return result;
}

at::Tensor turn_weight(const at::Tensor& weight, const OrthogonalMatrix* in, const OrthogonalMatrix* out, Turn turn) {
  at::Tensor result = weight;
  if (in != nullptr) result = turn_rows(result, *in, turn);
  if (out != nullptr) result = turn_rows(result.t().contiguous(), *out, turn).t().contiguous();
  return result;
}

}  // namespace

OnlineWeights::OnlineWeights(const Plan& plan, const ModelGraph& graph, const std::string& device)
    : rotations_(online_rotations(plan, graph)), attentions_(rotated_attentions(plan)) {
  // Gradients go through them.
  c10::InferenceMode outside(false);
  auto make = [&](const OnlineMatrix& which) {
    if (!numbers_.try_emplace(which, static_cast<int32_t>(matrices_.size() + 1)).second) return;
    matrices_.push_back(std::make_shared<OrthogonalMatrix>(
        make_matrix(which.kind, which.size, static_cast<uint64_t>(which.seed)).to(at::Device(device), at::kDouble)));
  };
  for (const LinearRotations& one : rotations_)
    for (const auto* which : {&one.input, &one.output})
      if (*which) make(**which);
  for (const auto& [block, which] : attentions_) make(which);
}

std::shared_ptr<const OrthogonalMatrix> OnlineWeights::find(const std::optional<OnlineMatrix>& which) const {
  return which ? matrix(numbers_.at(*which)) : nullptr;
}

LinearTransforms OnlineWeights::transforms(uint32_t module) const {
  return {{find(rotations_[module].input), false}, {find(rotations_[module].output), true}};
}

int32_t OnlineWeights::input_number(uint32_t module) const {
  return number_of(rotations_[module].input);
}

int32_t OnlineWeights::output_number(uint32_t module) const { return number_of(rotations_[module].output); }

int32_t OnlineWeights::heads_number(std::string_view point) const {
  const auto found = attentions_.find(point.substr(0, point.rfind('.')));
  return found == attentions_.end() ? 0 : numbers_.at(found->second);
}

std::shared_ptr<const OrthogonalMatrix> OnlineWeights::matrix(int32_t number) const {
  return number > 0 ? matrices_[static_cast<size_t>(number - 1)] : nullptr;
}

at::Tensor OnlineWeights::rotated_weight(uint32_t module, const at::Tensor& weight) const {
  return turn_weight(weight, find(rotations_[module].input).get(), find(rotations_[module].output).get(), rotated);
}

at::Tensor OnlineWeights::restored_weight(uint32_t module, const at::Tensor& weight) const {
  return turn_weight(weight, find(rotations_[module].input).get(), find(rotations_[module].output).get(), rotated_back);
}

at::Tensor OnlineWeights::rotated_bias(uint32_t module, const at::Tensor& bias) const {
  const auto matrix = find(rotations_[module].output);
  return matrix != nullptr ? rotated(bias.to(at::kDouble), *matrix).to(bias.scalar_type()) : bias;
}

at::Tensor OnlineWeights::restored_bias(uint32_t module, const at::Tensor& bias) const {
  const auto matrix = find(rotations_[module].output);
  return matrix != nullptr ? rotated_back(bias.to(at::kDouble), *matrix).to(bias.scalar_type()) : bias;
}

}  // namespace lcr
