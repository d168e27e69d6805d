#include "backend/calibrate/model_state.h"

#include <ATen/ATen.h>

#include <set>
#include <string_view>

#include "backend/calibrate/slot_place.h"
#include "backend/forward/dtypes.h"
#include "planner/plan/layout.h"

namespace lcr {

at::ScalarType compute_type(const ModelGraph& graph, const std::string& device) {
  return device == "cpu" ? at::kFloat : scalar_type(graph.dtype);
}

ModelState::ModelState(const Plan& plan, const ModelGraph& graph, const Weights& base, const std::vector<CalibrationTile>& tiles)
    : graph_(graph), device_(plan.device), native_(compute_type(graph, plan.device)),
      wait_on_host_(plan.device != "cpu" && plan.calibration->stream == "host"), changed_(base, graph),
      cache_(changed_, native_, device_, 0), runner_(graph, cache_, nullptr, native_, device_),
      live_(runner_.alive(0, std::vector<bool>(graph.templates[0].inputs.size(), true))) {
  const std::set<std::string_view> untied(plan.untied.begin(), plan.untied.end());
  for (const Tie& tie : graph.ties)
    if (untied.contains(graph.modules[tie.module].path)) changed_.untie(tie.module);
  for (const CalibrationTile& tile : tiles) {
    TileState& state = tiles_.emplace_back();
    state.tile = &tile;
    state.pack = {tile.pack.sequences, at::tensor(tile.pack.ids, at::kLong).to(at::Device(device_))};
    state.model.resize(graph.templates[0].values.size());
  }
}

std::vector<uint32_t> ModelState::layers() const {
  std::vector<uint32_t> calls;
  const Template& model = graph_.templates[0];
  for (uint32_t node = 0; node < model.nodes.size(); ++node)
    if (live_.nodes[node] && model.nodes[node].op == Op::Call) calls.push_back(node);
  return calls;
}

void ModelState::run_before(uint32_t node) {
  const uint32_t end = std::min<uint32_t>(node, static_cast<uint32_t>(graph_.templates[0].nodes.size()));
  for (TileState& state : tiles_) {
    if (next_ == end) break;
    if (wait_on_host_)
      for (Slot& slot : state.model) to_device(slot, device_);
    for (uint32_t n = next_; n < end; ++n) {
      if (!live_.nodes[n]) continue;
      runner_.run_node(NodePlace{}, n, state.model, state.pack);
      for (ValueId value : live_.last[n]) state.model[value] = {};
    }
    if (wait_on_host_)
      for (Slot& slot : state.model) to_waiting(slot);
  }
  next_ = std::max(next_, end);
}

std::vector<bool> ModelState::absent_arguments(uint32_t call) const {
  std::vector<bool> absent;
  for (ValueId value : graph_.templates[0].nodes[call].inputs) absent.push_back(!tiles_.front().model[value].tensor.defined());
  return absent;
}

const Liveness& ModelState::liveness_of(uint32_t call) {
  return runner_.alive(graph_.templates[0].nodes[call].callee, absent_arguments(call));
}

std::vector<bool> ModelState::enter(uint32_t call) {
  const Node& node = graph_.templates[0].nodes[call];
  const Template& layer = graph_.templates[node.callee];
  std::vector<bool> available(layer.values.size(), false);
  for (size_t i = 0; i < node.inputs.size(); ++i)
    available[layer.inputs[i]] = tiles_.front().model[node.inputs[i]].tensor.defined();
  for (TileState& state : tiles_) {
    state.layer.assign(layer.values.size(), {});
    for (size_t i = 0; i < node.inputs.size(); ++i) state.layer[layer.inputs[i]] = state.model[node.inputs[i]];
    // What only this layer reads lives on in it, as long as its passes want it.
    for (ValueId value : live_.last[call]) state.model[value] = {};
  }
  return available;
}

void ModelState::leave(uint32_t call) {
  const Node& node = graph_.templates[0].nodes[call];
  const Template& layer = graph_.templates[node.callee];
  for (TileState& state : tiles_) {
    for (size_t i = 0; i < node.outputs.size(); ++i) state.model[node.outputs[i]] = state.layer[layer.outputs[i]];
    state.layer.clear();
    for (ValueId value : live_.last[call]) state.model[value] = {};
  }
  next_ = call + 1;
}

void ModelState::set_weight(uint32_t module, uint32_t tensor, const at::Tensor& decoded) {
  changed_.set(module, tensor, decoded.to(native_));
  cache_.forget(module, tensor);
}

void ModelState::settle(uint32_t module) {
  const Module& m = graph_.modules[module];
  for (uint32_t t = 0; t < graph_.declaration(m).tensors.size(); ++t) {
    const TensorView* view = view_of(graph_, module, t);
    if (view == nullptr) continue;
    // What the model keeps in float32 it also runs so.
    at::Tensor value = changed_.tensor(module, t);
    changed_.set(module, t, view->dtype == Dtype::F32 ? value : value.to(native_));
    cache_.forget(module, t);
  }
}

void ModelState::prefetch_layer(uint32_t instance) {
  std::vector<std::pair<uint32_t, uint32_t>> tensors;
  for (uint32_t m = 0; m < graph_.modules.size(); ++m) {
    const Module& module = graph_.modules[m];
    if (module.instance != instance || module.kind == ModuleKind::Opaque) continue;
    for (uint32_t t = 0; t < graph_.declaration(module).tensors.size(); ++t)
      if (view_of(graph_, m, t) != nullptr) tensors.emplace_back(m, t);
  }
  cache_.prefetch(tensors);
}

void ModelState::forget_layer(uint32_t instance) {
  for (uint32_t m = 0; m < graph_.modules.size(); ++m)
    if (graph_.modules[m].instance == instance) changed_.unset(m);
  cache_.end_stage();
}

}  // namespace lcr
