#include "backend/calibrate/pruner.h"

#include <ATen/ATen.h>

#include "backend/algorithms/sparsegpt.h"
#include "compiler/diagnostics/check.h"
#include "compiler/language/parameter.h"

namespace lcr {
namespace {

bool keeps_zeros(const Algorithm& algorithm) { return parameter<std::string>(algorithm, "zeros") == "kept"; }

}  // namespace

std::optional<Pruner> make_pruner(const Pruning& pruning, const InputStatistics* input) {
  const Algorithm& algorithm = pruning.algorithm;
  if (algorithm.name != "sparsegpt") return Pruner(pruning, input, std::nullopt);
  LCR_CHECK(input != nullptr && input->second.defined(), "a pruner without the second moment that it needs");
  auto factor = factorize(input->second, {parameter<double>(algorithm, "damp"), parameter<double>(algorithm, "damp_limit"), false});
  if (!factor) return std::nullopt;
  return Pruner(pruning, input, std::move(factor));
}

std::pair<at::Tensor, at::Tensor> Pruner::prune(const at::Tensor& weight) const {
  const Algorithm& algorithm = pruning_.algorithm;
  const Amount amount{pruning_.share, pruning_.keep, pruning_.of};
  if (algorithm.name == "sparsegpt") {
    Pruned pruned = sparsegpt(weight, *factor_, input_->second, amount, keeps_zeros(algorithm),
                              parameter<int64_t>(algorithm, "block"));
    return {pruned.weight, pruned.mask};
  }
  at::Tensor mask = algorithm.name == "wanda"       ? wanda_mask(weight, input_->importance, amount, keeps_zeros(algorithm))
                    : algorithm.name == "magnitude" ? magnitude_mask(weight, amount)
                                                    : existing_mask(weight);
  return {weight.masked_fill(mask.logical_not(), 0.f), mask};
}

}  // namespace lcr
