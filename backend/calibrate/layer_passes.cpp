#include "backend/calibrate/layer_passes.h"

#include <algorithm>

namespace lcr {

std::vector<ValueId> LayerPasses::outputs() const {
  std::vector<ValueId> outputs;
  for (size_t i = 0; i < template_.outputs.size(); ++i)
    if (live_.outputs[i]) outputs.push_back(template_.outputs[i]);
  return outputs;
}

// Bound by memory, of one operand: making it again costs about what reading it would.
bool LayerPasses::cheap(const Node& node) const {
  switch (node.op) {
    case Op::RmsNorm:
    case Op::LayerNorm:
    case Op::UnitRms:
    case Op::L2Norm:
    case Op::Activate:
    case Op::F32:
    case Op::Native:
    case Op::View:
    case Op::Split:
    case Op::Every: return true;
    default: return false;
  }
}

// Walks back from what is still to be made, and stops at values that are there and worth keeping.
std::vector<bool> LayerPasses::kept(const std::vector<bool>& have, const std::vector<ValueId>& then, int64_t widest) const {
  std::vector<bool> keep(have.size(), false), seen(have.size(), false);
  std::vector<ValueId> open = then;
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    if (seen[value]) continue;
    seen[value] = true;
    const uint32_t node = template_.values[value].node;
    const bool input = node == none_id || template_.nodes[node].inputs.empty();
    if (have[value]) {
      const bool narrow = elements_of(template_.values[value].dims) <= widest;
      if (input || (narrow && !cheap(template_.nodes[node]))) {
        keep[value] = true;
        continue;
      }
    }
    if (node == none_id) continue;
    for (ValueId one : template_.nodes[node].inputs) open.push_back(one);
  }
  return keep;
}

LayerPass LayerPasses::advance(const std::vector<ValueId>& wanted, const std::vector<ValueId>& then, int64_t widest,
                               const std::vector<ValueId>& held) {
  std::vector<bool> needed(available_.size(), false);
  for (ValueId value : wanted) needed[value] = true;
  std::vector<bool> runs(template_.nodes.size(), false);
  for (size_t i = template_.nodes.size(); i-- > 0;) {
    const Node& node = template_.nodes[i];
    if (!live_.nodes[i]) continue;
    for (ValueId output : node.outputs) runs[i] = runs[i] || (needed[output] && !available_[output]);
    if (!runs[i]) continue;
    for (ValueId input : node.inputs) needed[input] = true;
  }
  std::vector<bool> have = available_;
  for (size_t i = 0; i < runs.size(); ++i)
    if (runs[i])
      for (ValueId output : template_.nodes[i].outputs) have[output] = true;
  std::vector<bool> keep = kept(have, then, widest);
  for (ValueId value : held) keep[value] = keep[value] || have[value];

  LayerPass pass;
  std::vector<bool> used = keep;
  for (ValueId value : wanted) used[value] = true;
  for (size_t i = template_.nodes.size(); i-- > 0;) {
    if (!runs[i]) continue;
    const Node& node = template_.nodes[i];
    std::vector<ValueId> last;
    for (const auto* values : {&node.outputs, &node.inputs})
      for (ValueId value : *values)
        if (!used[value]) used[value] = true, last.push_back(value);
    pass.nodes.push_back(static_cast<uint32_t>(i));
    pass.last.push_back(std::move(last));
  }
  std::reverse(pass.nodes.begin(), pass.nodes.end());
  std::reverse(pass.last.begin(), pass.last.end());
  available_ = std::move(keep);
  return pass;
}

}  // namespace lcr
