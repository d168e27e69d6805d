#include "backend/calibrate/rotated_model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <set>

#include "backend/algorithms/grid.h"
#include "backend/calibrate/model_state.h"
#include "backend/calibrate/module_weight.h"
#include "backend/calibrate/plan_activations.h"
#include "planner/cost/memory.h"
#include "planner/plan/layout.h"

namespace lcr {
namespace {

std::vector<std::vector<uint32_t>> modules_of(const ModelGraph& graph, const std::vector<ModelStage>& stages) {
  std::vector<std::vector<uint32_t>> result;
  for (const ModelStage& stage : stages) {
    const uint32_t instance = stage.layer ? instance_of(graph, stage.nodes.front()) : 0;
    std::set<uint32_t> locals;
    for (uint32_t node : stage.nodes) locals.insert(graph.templates[0].nodes[node].module);
    std::vector<uint32_t>& modules = result.emplace_back();
    for (uint32_t m = 0; m < graph.modules.size(); ++m) {
      const Module& module = graph.modules[m];
      if (module.instance == instance && module.kind != ModuleKind::Opaque && (stage.layer || locals.contains(module.local)))
        modules.push_back(m);
    }
  }
  return result;
}

ForwardOptions unchanged(const ModelGraph& graph, const std::string& device) {
  ForwardOptions options;
  options.device = device;
  options.dtype = device == "cpu" ? Dtype::F32 : graph.dtype;
  options.resident_bytes = 0;
  return options;
}

}  // namespace

RotatedModel::RotatedModel(const Plan& plan, const ModelGraph& graph, const Weights& base, const UnitTasks& tasks, const Fold& fold)
    : plan_(plan), graph_(graph), base_(base), tasks_(tasks), fold_(fold), native_(compute_type(graph, plan.device)),
      activations_(activations_of(plan, graph, tasks)), weights_(base, graph), cache_(weights_, native_, plan.device, 0),
      runner_(graph, cache_, &activations_, native_, plan.device), live_(runner_.alive(0, absent_inputs(graph))),
      stages_(stages_of(graph.templates[0], live_)), modules_(modules_of(graph, stages_)),
      original_(graph, base, unchanged(graph, plan.device)) {}

// Scales by the extremes: what the plan's observers find differs little from it, and takes longer than the step.
at::Tensor RotatedModel::rounded(uint32_t module, const at::Tensor& weight) const {
  const Job* job = tasks_.job_of(module);
  if (job == nullptr || job->precision.empty()) return weight;
  const at::Tensor rows = weight.contiguous();
  const Grid grid = find_grid(rows, {}, {plan_.precisions.at(job->precision), weight_scale_dtype(plan_, graph_, module), {}, {}});
  return decode(grid, encode(grid, rows));
}

// float32 on the device.
at::Tensor RotatedModel::weight_for(uint32_t module, uint32_t tensor) const {
  const at::Tensor stored = base_.tensor(module, tensor);
  at::Tensor value = fold_.changes(module) ? fold_.apply(module, tensor, stored) : stored.to(at::Device(plan_.device), at::kFloat);
  const std::string& name = graph_.declaration(graph_.modules[module]).tensors[tensor].name;
  if (name == "bias") return tasks_.online().rotated_bias(module, value);
  return name == "weight" ? rounded(module, tasks_.online().rotated_weight(module, value)) : value;
}

std::vector<RotatedModel::Leaf> RotatedModel::take_weights(size_t stage, bool leaves) {
  std::vector<Leaf> taken;
  for (uint32_t m : modules_[stage]) {
    for (uint32_t t = 0; t < graph_.declaration(graph_.modules[m]).tensors.size(); ++t) {
      const TensorView* view = view_of(graph_, m, t);
      if (view == nullptr) continue;
      at::Tensor value = weight_for(m, t);
      if (view->dtype != Dtype::F32) value = value.to(native_);
      if (leaves && fold_.changes(m)) {
        value = value.detach().requires_grad_(true);
        taken.push_back({m, t, value});
      }
      weights_.set(m, t, value);
    }
  }
  return taken;
}

void RotatedModel::let_go(size_t stage) {
  for (uint32_t m : modules_[stage]) weights_.unset(m);
  cache_.end_stage();
}

void RotatedModel::run(const ModelStage& stage, Values& values, PackState& pack) {
  for (uint32_t node : stage.nodes) {
    runner_.run_node(NodePlace{}, node, values, pack);
    for (ValueId value : live_.last[node]) values[value] = {};
  }
}

// A share of the mean: `rows` of all packs.
at::Tensor RotatedModel::loss_of(const at::Tensor& logits, const LearningPack& pack, size_t number, double rows) {
  at::Tensor wanted;
  {
    at::AutoGradMode constant(false);
    // The unchanged model runs in inference mode.
    wanted = at::log_softmax(original_.finish(number).clone().index_select(0, pack.rows).to(at::kFloat), -1);
  }
  const at::Tensor given = at::log_softmax(logits.index_select(0, pack.rows).to(at::kFloat), -1);
  return (wanted.exp() * (wanted - given)).sum() / rows;
}

// From a leaf's gradient to those of the matrices: straight through the rounding, through rotations at run time and
// through the fold, a part of the rows at a time where they stand alone.
void RotatedModel::chain(const Leaf& leaf) const {
  at::Tensor gradient = leaf.value.grad();
  if (!gradient.defined()) return;
  const std::string& name = graph_.declaration(graph_.modules[leaf.module]).tensors[leaf.tensor].name;
  gradient = gradient.to(at::kFloat);
  if (name == "weight") gradient = tasks_.online().restored_weight(leaf.module, gradient);
  if (name == "bias") gradient = tasks_.online().restored_bias(leaf.module, gradient);
  const at::Tensor stored = base_.tensor(leaf.module, leaf.tensor);
  const int64_t rows = stored.size(0);
  const bool apart = stored.dim() > 1 && !fold_.mixes_rows(leaf.module);
  const int64_t step = !apart ? rows : std::max<int64_t>(1, folded_at_once * rows / stored.numel());
  at::AutoGradMode differentiate(true);
  for (int64_t row = 0; row < rows; row += step) {
    const int64_t count = std::min(step, rows - row);
    const at::Tensor folded = fold_.apply(leaf.module, leaf.tensor, stored.narrow(0, row, count), row);
    if (folded.requires_grad()) folded.backward(gradient.narrow(0, row, count));
  }
}

double RotatedModel::add_gradients(const std::vector<LearningPack>& packs) {
  std::vector<Pack> texts;
  std::vector<PackState> states;
  double rows = 0;
  for (const LearningPack& one : packs) {
    texts.push_back(one.pack);
    states.push_back({one.pack.sequences, at::tensor(one.pack.ids, at::kLong).to(at::Device(plan_.device))});
    rows += static_cast<double>(one.rows.numel());
  }
  original_.start(texts);
  std::vector<Values> values(packs.size(), Values(graph_.templates[0].values.size()));
  std::vector<std::vector<Values>> before;  // by stage and pack
  for (size_t s = 0; s < stages_.size(); ++s) {
    before.push_back(values);
    if (s + 1 == stages_.size()) break;
    take_weights(s, false);
    for (size_t p = 0; p < packs.size(); ++p) run(stages_[s], values[p], states[p]);
    let_go(s);
  }

  double loss = 0;
  std::vector<Gradients> gradients(packs.size(), Gradients(values.front().size()));
  for (size_t s = stages_.size(); s-- > 0;) {
    const std::vector<Leaf> leaves = take_weights(s, true);
    for (size_t p = 0; p < packs.size(); ++p) {
      for (Slot& slot : before[s][p])
        if (slot.tensor.defined() && slot.tensor.is_floating_point()) slot.tensor = slot.tensor.detach().requires_grad_(true);
      Values now = before[s][p];
      at::AutoGradMode differentiate(true);
      run(stages_[s], now, states[p]);
      at::Tensor sum;
      if (s + 1 == stages_.size()) {
        sum = loss_of(now[graph_.templates[0].outputs[0]].tensor, packs[p], p, rows);
        loss += sum.item<double>();
      }
      for (ValueId value = 0; value < now.size(); ++value) {
        if (!gradients[p][value].defined() || !now[value].tensor.requires_grad()) continue;
        const at::Tensor one = (now[value].tensor * gradients[p][value]).sum();
        sum = sum.defined() ? sum + one : one;
      }
      if (sum.defined() && sum.requires_grad()) sum.backward();
      for (ValueId value = 0; value < now.size(); ++value) {
        const at::Tensor& leaf = before[s][p][value].tensor;
        gradients[p][value] = leaf.defined() && leaf.requires_grad() ? leaf.grad() : at::Tensor();
      }
      before[s][p].clear();
    }
    for (const Leaf& leaf : leaves) chain(leaf);
    let_go(s);
  }
  return loss;
}

}  // namespace lcr
