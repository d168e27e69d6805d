#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "backend/forward/step.h"
#include "backend/forward/template_runner.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// Row by row, whatever expert a row is of.
bool by_row(const Node& node) {
  switch (node.op) {
    case Op::Activate:
    case Op::Add:
    case Op::Subtract:
    case Op::Multiply:
    case Op::Divide:
    case Op::Softcap:
    case Op::Clamp:
    case Op::Negate:
    case Op::Every:
    case Op::Split:
    case Op::View:
    case Op::F32:
    case Op::Native: return true;
    default: return false;
  }
}

// What the device's grouped products take: 16 bytes a step.
bool wide_steps(const Dims& dims) { return elements_of(dims) % 8 == 0; }

}  // namespace

bool TemplateRunner::runs_together(TemplateId expert, const at::Tensor& x) const {
  // Grouped products have no way back either.
  if (at::GradMode::is_enabled()) return false;
  if (!x.is_cuda() || x.scalar_type() != at::kBFloat16 || native_ != at::kBFloat16 || activations_ != nullptr) return false;
  const Template& t = graph_.templates[expert];
  if (t.inputs.size() != 1) return false;
  return std::all_of(t.nodes.begin(), t.nodes.end(), [&](const Node& node) {
    if (node.unused) return true;
    // The rows of all experts and those that they share are not combined.
    const bool reads_shared = std::find(node.inputs.begin(), node.inputs.end(), t.inputs[0]) != node.inputs.end();
    if (by_row(node)) return node.inputs.size() == 1 || !reads_shared;
    if (node.op != Op::Linear || node.outputs.size() != 1) return false;
    return wide_steps(t.values[node.inputs[0]].dims) && wide_steps(t.values[node.outputs[0]].dims);
  });
}

// [experts, …]; undefined: the module has no such tensor.
at::Tensor TemplateRunner::stacked(const Step& step, std::string_view name) {
  const ExpertRows& experts = *step.place.together;
  const TemplateModule& declared = step.owner.modules[step.node.module];
  for (uint32_t i = 0; i < declared.tensors.size(); ++i) {
    if (declared.tensors[i].name != name) continue;
    std::vector<uint32_t> modules;
    for (int32_t e = 0; e < experts.all; ++e)
      modules.push_back(modules_.find(step.place.instance, step.place.id, step.node.module, e));
    return weights_.stack(modules, i).narrow(0, experts.first, experts.count);
  }
  return {};
}

at::Tensor TemplateRunner::linear_together(const Step& step) {
  const ExpertRows& experts = *step.place.together;
  at::Tensor weight = stacked(step, "weight").flatten(2), bias = stacked(step, "bias");
  at::Tensor x = step.in(0).reshape({step.in(0).size(0), weight.size(2)}), y;
  if (experts.ends.defined()) {
    y = at::_grouped_mm(x.contiguous(), weight.transpose(1, 2), experts.ends);
    // The bias is added after the product has been rounded, as experts do.
    return bias.defined() ? y + bias.to(y.scalar_type()).index_select(0, experts.expert_of_row) : y;
  }
  const bool shared = x.size(0) == experts.rows;
  at::Tensor rows = shared ? x.unsqueeze(0).expand({experts.count, -1, -1}) : x.view({experts.count, experts.rows, -1});
  y = at::bmm(rows, weight.transpose(1, 2));
  if (bias.defined()) y = y + bias.to(y.scalar_type()).unsqueeze(1);
  return y.flatten(0, 1);
}

// Rows sorted by expert, one product for all experts; a token's results are added in float32, its experts in order.
at::Tensor TemplateRunner::dispatch_together(const Step& step) {
  const Attributes& a = step.node.attributes;
  const at::Tensor& x = step.in(0);
  const Slot& routing = step.values[step.node.inputs[1]];
  const int64_t k = routing.indices.size(1), tokens = x.size(0);
  auto [sorted, order] = at::sort(routing.indices.flatten(), /*stable=*/true, /*dim=*/0, /*descending=*/false);
  at::Tensor rows = order.floor_divide(k);
  at::Tensor share = routing.tensor.flatten().index_select(0, order).unsqueeze(-1);
  at::Tensor counts = at::zeros({a.experts}, sorted.options()).scatter_add_(0, sorted, at::ones_like(sorted));
  const auto all = static_cast<int32_t>(a.experts);
  const ExpertRows experts{0, all, all, 0, counts.cumsum(0).to(at::kInt), sorted};

  at::Tensor input = x.index_select(0, rows);
  if (a.scale_input) input = (input * share).to(input.scalar_type());
  const NodePlace place{step.node.callee, step.place.instance, -1, &experts};
  at::Tensor y = run(place, {Slot{input, {}}}, step.pack)[0].tensor;
  if (!a.scale_input) y = y * share;
  // Where a token's results stand, in the order of their experts.
  at::Tensor places = std::get<1>(at::sort(rows, /*stable=*/true, /*dim=*/0, /*descending=*/false));
  at::Tensor sums = y.index_select(0, places).view({tokens, k, -1}).sum(1, false, at::kFloat);
  return sums.to(x.scalar_type()).reshape(step.shape(0));
}

}  // namespace lcr
