#include "backend/calibrate/layer_run.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "compiler/facts/facts.h"

namespace lcr {
namespace {

// Rows of features, of the tokens that count.
at::Tensor counted_rows(const at::Tensor& x, const at::Tensor& counted) {
  at::Tensor rows = x.reshape({x.size(0), -1});
  return counted.defined() ? rows.index({counted.to(rows.device())}) : rows;
}

}  // namespace

LayerRun::LayerRun(const ModelGraph& graph, TemplateRunner& runner, uint32_t instance, const Liveness& live,
                   std::vector<bool> available, const PassOptions& options)
    : graph_(graph), runner_(runner), place_{graph.instances[instance].id, instance, -1},
      template_(graph.templates[place_.id]), options_(options), inputs_(graph, place_.id, options.every_expert),
      passes_(template_, live, std::move(available)),
      mover_(options.device, options.wait_on_host) {}

LayerRun LayerRun::again() const {
  return LayerRun(graph_, runner_, place_.instance, passes_.liveness(), passes_.available(), options_);
}

LookAhead::LookAhead(const LayerRun& from, std::vector<TileState>& tiles) : run(from.again()), tiles_(tiles) {
  for (const TileState& state : tiles) values_.push_back(state.layer);
}

LookAhead::~LookAhead() {
  for (size_t t = 0; t < values_.size(); ++t) tiles_[t].layer = std::move(values_[t]);
}

void LayerRun::run(const LayerPass& pass, TileState& state) {
  for (size_t i = 0; i < pass.nodes.size(); ++i) {
    runner_.run_node(place_, pass.nodes[i], state.layer, state.pack);
    for (ValueId value : pass.last[i]) state.layer[value] = {};
  }
}

bool LayerRun::run_all(const LayerPass& pass, std::vector<TileState>& tiles, const std::vector<bool>& keep,
                       const std::function<void(TileState&)>& then, const std::atomic<bool>& stop) {
  mover_.begin_pass();
  if (!tiles.empty()) mover_.bring(tiles.front().layer, tiles.front().trip);
  for (size_t t = 0; t < tiles.size(); ++t) {
    if (stop) return false;
    // The next tile comes while this one is computed with; the one before the last has left by then.
    if (t >= 2) mover_.settle(tiles[t - 2].trip);
    if (t + 1 < tiles.size()) mover_.bring(tiles[t + 1].layer, tiles[t + 1].trip);
    TileState& state = tiles[t];
    mover_.use(state.layer, state.trip);
    run(pass, state);
    then(state);
    for (size_t value = 0; value < state.layer.size(); ++value)
      if (!keep[value]) state.layer[value] = {};
    mover_.put_away(state.layer, state.trip);
  }
  mover_.end_pass();
  return true;
}

bool LayerRun::gather(std::vector<TileState>& tiles, StatisticsByInput& statistics, const std::vector<LookedAt>& wanted,
                      const std::vector<LookedAt>& after, const std::atomic<bool>& stop) {
  auto values_of = [&](const std::vector<LookedAt>& places) {
    std::vector<ValueId> values;
    for (const LookedAt& at : places) {
      if (at.dispatch == none_id) {
        values.push_back(at.value);
      } else {
        const Node& node = template_.nodes[at.dispatch];
        values.insert(values.end(), node.inputs.begin(), node.inputs.end());
      }
    }
    return values;
  };
  std::vector<ValueId> then = values_of(after);
  for (ValueId output : passes_.outputs()) then.push_back(output);
  const LayerPass pass = passes_.advance(values_of(wanted), then, options_.widest);
  counts_.clear();
  looks_.clear();
  return run_all(pass, tiles, passes_.available(), [&](TileState& state) { look(state, statistics, wanted); }, stop);
}

bool LayerRun::finish(std::vector<TileState>& tiles, const std::atomic<bool>& stop) {
  const LayerPass pass = passes_.advance(passes_.outputs(), passes_.outputs(), options_.widest);
  std::vector<bool> keep(template_.values.size(), false);
  for (ValueId value : passes_.outputs()) keep[value] = true;
  return run_all(pass, tiles, keep, [](TileState&) {}, stop);
}

at::Tensor LayerRun::value_of(const TileState& state, ValueId value) {
  auto [found, fresh] = looks_.try_emplace(value);
  if (fresh) found->second = LayerPasses(passes_).advance({value}, {}, 0);
  TileState copy{state.tile, state.pack, {}, state.layer, {}};
  if (state.trip.left || options_.wait_on_host) mover_.begin_pass();
  mover_.bring(copy.layer, copy.trip);
  mover_.use(copy.layer, copy.trip);
  run(found->second, copy);
  return copy.layer[value].tensor;
}

void LayerRun::look(TileState& state, StatisticsByInput& statistics, const std::vector<LookedAt>& wanted) {
  std::map<uint32_t, std::vector<ValueId>> inside;
  std::set<ValueId> seen;
  for (const LookedAt& at : wanted) {
    if (at.dispatch != none_id) {
      inside[at.dispatch].push_back(at.value);
      continue;
    }
    InputKey key{place_.id, behind_casts(template_, at.value), -1};
    auto found = statistics.find(key);
    if (found == statistics.end() || !seen.insert(key.value).second) continue;
    found->second.add(counted_rows(state.layer[at.value].tensor, state.tile->counted), state.tile->part);
  }
  for (const auto& [dispatch, values] : inside) look_into_experts(state, dispatch, statistics, values);
}

// The tokens of each expert: those that were routed to it, or all.
void LayerRun::look_into_experts(TileState& state, uint32_t dispatch, StatisticsByInput& statistics,
                                 const std::vector<ValueId>& values) {
  const Node& node = template_.nodes[dispatch];
  const Attributes& a = node.attributes;
  const at::Tensor x = state.layer[node.inputs[0]].tensor;
  const Slot& routing = state.layer[node.inputs[1]];
  const int64_t k = routing.indices.size(1);
  at::Tensor chosen = routing.indices.flatten();
  at::Tensor order = std::get<1>(at::sort(chosen, /*stable=*/true, 0, false));
  at::Tensor counts = at::bincount(chosen.cpu(), {}, a.experts);
  at::Tensor rows_of_entry = order.floor_divide(k);
  at::Tensor counted = state.tile->counted.defined() ? state.tile->counted.to(x.device()) : at::Tensor();
  at::Tensor every = counted.defined() ? x.index({counted}) : x;
  ExpertCounts& seen = counts_[dispatch];
  seen.resize(static_cast<size_t>(a.experts));

  const Liveness& live = runner_.alive(node.callee, {false});
  const Template& expert = graph_.templates[node.callee];
  std::vector<bool> available(expert.values.size(), false);
  available[expert.inputs[0]] = true;
  const LayerPass pass = LayerPasses(expert, live, std::move(available)).advance(values, {}, 0);
  int64_t begin = 0;
  for (int64_t e = 0; e < a.experts; ++e) {
    const int64_t count = counts.data_ptr<int64_t>()[e];
    at::Tensor rows = rows_of_entry.narrow(0, begin, count);
    at::Tensor entries = order.narrow(0, begin, count);
    begin += count;
    if (counted.defined()) {
      at::Tensor keep = counted.index_select(0, rows);
      rows = rows.index({keep}), entries = entries.index({keep});
    }
    seen[static_cast<size_t>(e)] += rows.size(0);
    at::Tensor input = options_.every_expert ? every : x.index_select(0, rows);
    if (!options_.every_expert && a.scale_input)
      input = input * routing.tensor.flatten().index_select(0, entries).unsqueeze(-1);
    if (input.size(0) == 0) continue;
    std::vector<Slot> inner(expert.values.size());
    inner[expert.inputs[0]] = {input, {}};
    const NodePlace place{node.callee, place_.instance, static_cast<int32_t>(e)};
    for (uint32_t inside : pass.nodes) runner_.run_node(place, inside, inner, state.pack);
    for (ValueId value : values) {
      auto found = statistics.find(InputKey{node.callee, behind_casts(expert, value), static_cast<int32_t>(e)});
      if (found != statistics.end()) found->second.add(inner[value].tensor.reshape({input.size(0), -1}), state.tile->part);
    }
  }
}

}  // namespace lcr
