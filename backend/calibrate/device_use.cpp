#include "backend/calibrate/device_use.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string_view>

#include "backend/algorithms/awq.h"
#include "backend/algorithms/smooth.h"

namespace lcr {
namespace {

// Whether some layer's smoothing is an algorithm's.
bool smooths_by(const Plan& plan, std::string_view algorithm) {
  return std::any_of(plan.calibration->units.begin(), plan.calibration->units.end(), [&](const UnitCalibration& unit) {
    return std::any_of(unit.smoothing.begin(), unit.smoothing.end(), [&](const SmoothStep& step) {
      return plan.stacks.at(step.stack).transforms.at(step.transform).name == algorithm;
    });
  });
}

bool factorizes(const Plan& plan) {
  return std::any_of(plan.stacks.begin(), plan.stacks.end(), [](const auto& stack) { return stack.second.solver.name == "gptq"; }) ||
         std::any_of(plan.prunings.begin(), plan.prunings.end(), [](const auto& one) { return one.second.algorithm.name == "sparsegpt"; });
}

bool has_experts(const Plan& plan) {
  return std::any_of(plan.units.begin(), plan.units.end(), [](const Unit& unit) {
    return std::any_of(unit.jobs.begin(), unit.jobs.end(), [](const Job& job) { return job.experts > 0; });
  });
}

// Small scales of a small weight, chosen and moved into it.
void use_smoothing(const std::string& device, bool awq, bool smoothquant) {
  constexpr int64_t width = 256;
  const at::TensorOptions half = at::TensorOptions(at::Device(device)).dtype(at::kBFloat16);
  const at::Tensor weight = at::ones({width, width}, half), ones = at::ones({width}, half.dtype(at::kFloat));
  if (awq) {
    AwqReader reader;
    reader.weight = weight;
    reader.second = at::eye(width, half.dtype(at::kFloat));
    reader.options.precision.weights = Format{.element = Element::Int, .bits = 4, .per = Per::Group, .group = 128};
    awq_weight_mean({reader}, width).cpu();
    choose_awq_linear({reader}, {at::ones({width}, at::kDouble)});
  }
  if (smoothquant) smoothquant_scale(ones, column_absmax({weight}), 0.5);
  const at::Tensor exact = weight.to(at::kDouble), factors = at::ones({width}, at::kDouble).to(at::Device(device));
  (exact * factors).to(at::kFloat).to(at::kBFloat16);
  (exact / factors.unsqueeze(1)).to(at::kFloat).contiguous();
}

}  // namespace

DeviceUse device_use(const Plan& plan) {
  DeviceUse use;
  // Experts with inputs of their own are solved in eight threads.
  if (factorizes(plan)) use.factorizing = has_experts(plan) ? 8 : 1;
  const bool awq = smooths_by(plan, "awq"), smoothquant = smooths_by(plan, "smoothquant");
  if (awq || smoothquant) use.more = [device = plan.device, awq, smoothquant] { use_smoothing(device, awq, smoothquant); };
  return use;
}

}  // namespace lcr
