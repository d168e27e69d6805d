#include "backend/calibrate/device_use.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "backend/algorithms/awq.h"
#include "backend/algorithms/gptq.h"
#include "backend/algorithms/smooth.h"
#include "backend/calibrate/moment.h"
#include "backend/calibrate/task_grids.h"
#include "compiler/language/parameter.h"

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

constexpr int64_t width = 256;

// Small scales of a small weight, chosen and moved into it.
void use_smoothing(const at::TensorOptions& half, bool awq, bool smoothquant) {
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
  const at::Tensor exact = weight.to(at::kDouble), factors = at::ones({width}, at::kDouble).to(half.device());
  (exact * factors).to(at::kFloat).to(at::kBFloat16);
  (exact / factors.unsqueeze(1)).to(at::kFloat).contiguous();
}

// A small weight, solved as a job's are.
void use_solver(const at::TensorOptions& half, const Precision& precision, const Algorithm& solver) {
  SecondMoment moment;
  moment.add(at::eye(width, half), 0);
  const at::Tensor second = moment.mean(), importance = second.diagonal().clone();
  importance.sum().item<double>();
  const at::Tensor weight = at::ones({width, width}, half).to(at::kFloat);
  const GridOptions options{precision, Dtype::BF16, range_of(solver), 1.f};
  const Grid grid = find_grid(weight, importance, options);
  at::Tensor decoded;
  if (solver.name == "gptq") {
    const FactorOptions factoring{0.01, 1.0, parameter<std::string>(solver, "order") == "activation"};
    GptqOptions solving;
    solving.refit = parameter<std::string>(solver, "refit") == "scales";
    if (const auto factor = factorize(second, factoring)) decoded = gptq({{weight, grid, {}}}, *factor, second, {}, solving).front().decoded;
  } else {
    decoded = decode(grid, encode(grid, weight));
  }
  if (decoded.defined()) (weight - decoded).square().sum(at::kDouble).item<double>();
}

// Whether whole areas of one scale fit the small weight.
bool fits(const std::optional<Format>& format) {
  auto divides = [](int64_t length) { return length == 0 || width % length == 0; };
  return format && divides(format->group) && divides(format->block_rows) && divides(format->block_columns);
}

// Each solver once.
void use_solvers(const Plan& plan, const at::TensorOptions& half) {
  std::set<std::string_view> used;
  for (const Unit& unit : plan.units) {
    for (const Job& job : unit.jobs) {
      if (!job.calibrated || job.stack.empty() || job.precision.empty()) continue;
      const Precision& precision = plan.precisions.at(job.precision);
      if (fits(precision.weights) && used.insert(job.stack).second) use_solver(half, precision, plan.stacks.at(job.stack).solver);
    }
  }
}

}  // namespace

DeviceUse device_use(const Plan& plan) {
  DeviceUse use;
  // Experts with inputs of their own are solved in eight threads.
  if (factorizes(plan)) use.factorizing = has_experts(plan) ? 8 : 1;
  use.later = [&plan] {
    const at::TensorOptions half = at::TensorOptions(at::Device(plan.device)).dtype(at::kBFloat16);
    const bool awq = smooths_by(plan, "awq"), smoothquant = smooths_by(plan, "smoothquant");
    if (awq || smoothquant) use_smoothing(half, awq, smoothquant);
    use_solvers(plan, half);
  };
  return use;
}

}  // namespace lcr
