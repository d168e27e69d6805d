#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend/forward/online_transforms.h"
#include "planner/plan/online.h"

namespace lcr {

// Weights as readers that rotate at run time need them, and the matrices. The run itself holds the model unrotated: Sᵀ W R
// is what is solved and stored, and what it decodes to is turned back before the model goes on with it; values whose ranges
// are looked at are rotated for that alone. All const and thread-safe.
class OnlineWeights {
 public:
  // Matrices lie on `device`.
  OnlineWeights(const Plan& plan, const ModelGraph& graph, const std::string& device);

  const LinearRotations& of(uint32_t module) const { return rotations_[module]; }
  // Of what a linear reads: a number from 1 on, the same for equal matrices; 0: it is not rotated.
  int32_t input_number(uint32_t module) const;
  // Of what it gives, before that is rotated back: y S.
  int32_t output_number(uint32_t module) const;
  // Of queries and keys of the attention that an attention point belongs to.
  int32_t heads_number(std::string_view point) const;
  // The matrix of that number; null for 0.
  std::shared_ptr<const OrthogonalMatrix> matrix(int32_t number) const;

  // What readers do with the linear's values.
  LinearTransforms transforms(uint32_t module) const;

  // Sᵀ W R and back, of a weight [out, in]; Sᵀ b and back, of a bias [out]. In float64, given back in the dtype of the
  // argument. The argument itself where nothing is rotated.
  at::Tensor rotated_weight(uint32_t module, const at::Tensor& weight) const;
  at::Tensor restored_weight(uint32_t module, const at::Tensor& weight) const;
  at::Tensor rotated_bias(uint32_t module, const at::Tensor& bias) const;
  at::Tensor restored_bias(uint32_t module, const at::Tensor& bias) const;

 private:
  int32_t number_of(const std::optional<OnlineMatrix>& which) const { return which ? numbers_.at(*which) : 0; }
  std::shared_ptr<const OrthogonalMatrix> find(const std::optional<OnlineMatrix>& which) const;

  std::vector<LinearRotations> rotations_;
  std::map<std::string, OnlineMatrix, std::less<>> attentions_;
  std::map<OnlineMatrix, int32_t> numbers_;
  std::vector<std::shared_ptr<const OrthogonalMatrix>> matrices_;  // by number - 1
};

}  // namespace lcr
