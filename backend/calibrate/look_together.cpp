#include <ATen/ATen.h>

#include <algorithm>

#include "backend/calibrate/layer_run.h"
#include "compiler/facts/facts.h"

namespace lcr {
namespace {

// Bytes of one value of the experts that run together.
constexpr int64_t most_bytes = int64_t{256} << 20;

int64_t widest(const Template& expert) {
  int64_t width = 1;
  for (const Node& node : expert.nodes)
    for (ValueId value : node.outputs) width = std::max(width, elements_of(expert.values[value].dims));
  return width;
}

// Added on the device, so that the host need not wait for the routing.
void count_tokens(at::Tensor& counts, const at::Tensor& chosen, int64_t experts) {
  if (!counts.defined()) counts = at::zeros({experts}, chosen.options());
  counts.scatter_add_(0, chosen, at::ones_like(chosen));
}

}  // namespace

bool LayerRun::looks_together(uint32_t dispatch, const at::Tensor& x, const StatisticsByInput& statistics,
                              const std::vector<ValueId>& values) const {
  const Node& node = template_.nodes[dispatch];
  if (!options_.every_expert || node.attributes.scale_input || !runner_.runs_together(node.callee, x)) return false;
  const Template& expert = graph_.templates[node.callee];
  for (ValueId value : values) {
    for (int64_t e = 0; e < node.attributes.experts; ++e) {
      auto found = statistics.find(InputKey{node.callee, behind_casts(expert, value), static_cast<int32_t>(e)});
      if (found == statistics.end() || !found->second.only_moment()) return false;
    }
  }
  return true;
}

void LayerRun::look_together(TileState& state, uint32_t dispatch, const std::vector<ValueId>& values) {
  const Node& node = template_.nodes[dispatch];
  const at::Tensor x = state.layer[node.inputs[0]].tensor, indices = state.layer[node.inputs[1]].indices;
  const at::Tensor counted = state.tile->counted.defined() ? state.tile->counted.to(x.device()) : at::Tensor();
  const at::Tensor every = (counted.defined() ? x.index({counted}) : x).contiguous();
  const int64_t all = node.attributes.experts, rows = every.size(0);
  count_tokens(device_counts_[dispatch], (counted.defined() ? indices.index({counted}) : indices).flatten(), all);
  if (rows == 0) return;

  const Template& expert = graph_.templates[node.callee];
  std::vector<bool> available(expert.values.size(), false);
  available[expert.inputs[0]] = true;
  const LayerPass pass = LayerPasses(expert, runner_.alive(node.callee, {false}), std::move(available)).advance(values, {}, 0);
  const int64_t together = std::clamp<int64_t>(most_bytes / (rows * widest(expert) * 2), 1, all);
  for (ValueId value : values) {
    auto found = moments_.try_emplace({node.callee, behind_casts(expert, value), -1}, all).first;
    found->second.begin_tile(state.tile->part, rows);
  }
  for (int64_t first = 0; first < all; first += together) {
    const auto count = static_cast<int32_t>(std::min(together, all - first));
    const ExpertRows experts{static_cast<int32_t>(first), count, static_cast<int32_t>(all), rows, {}, {}};
    const NodePlace place{node.callee, place_.instance, -1, &experts};
    std::vector<Slot> inner(expert.values.size());
    inner[expert.inputs[0]] = {every, {}};
    for (size_t i = 0; i < pass.nodes.size(); ++i) {
      runner_.run_node(place, pass.nodes[i], inner, state.pack);
      for (ValueId value : pass.last[i]) inner[value] = {};
    }
    for (ValueId value : values)
      moments_.at({node.callee, behind_casts(expert, value), -1}).add(first, inner[value].tensor.reshape({count, rows, -1}));
  }
}

void LayerRun::hand_over(StatisticsByInput& statistics) {
  for (auto& [value, moments] : moments_) {
    const at::Tensor means = moments.means();
    for (int64_t e = 0; e < means.size(0); ++e)
      statistics.at({value.owner, value.value, static_cast<int32_t>(e)}).take(means[e], moments.tokens());
  }
  moments_.clear();
  for (const auto& [dispatch, counts] : device_counts_) {
    const at::Tensor host = counts.cpu();
    ExpertCounts& seen = counts_[dispatch];
    seen.resize(static_cast<size_t>(host.numel()));
    for (size_t e = 0; e < seen.size(); ++e) seen[e] += host.data_ptr<int64_t>()[e];
  }
  device_counts_.clear();
}

}  // namespace lcr
