#include "backend/calibrate/layer_run.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "compiler/facts/facts.h"

namespace lcr {
namespace {

// Rows of features, of the tokens that count.
at::Tensor counted_rows(const at::Tensor& x, const at::Tensor& counted) {
  return counted.defined() ? x.index({counted.to(x.device())}) : x;
}

// Rows of all that is looked at at one place.
at::Tensor rows_at(const Template& self, const LookedAt& at, const std::vector<Slot>& slots) {
  std::vector<at::Tensor> parts;
  for (ValueId value : values_at(self, at)) parts.push_back(slots[value].tensor.reshape({slots[value].tensor.size(0), -1}));
  return parts.size() == 1 ? parts.front() : at::cat(parts, 1);
}

// What is gathered of one value, as it is and rotated.
template <typename Visit>
void for_each_rotation(StatisticsByInput& statistics, InputKey key, Visit visit) {
  key.rotation = 0;
  for (auto found = statistics.lower_bound(key); found != statistics.end(); ++found) {
    InputKey plain = found->first;
    plain.rotation = 0;
    if (plain != key) return;
    visit(found->second);
  }
}

}  // namespace

LayerRun::LayerRun(const ModelGraph& graph, TemplateRunner& runner, uint32_t instance, const Liveness& live,
                   std::vector<bool> available, const PassOptions& options)
    : graph_(graph), runner_(runner), place_{graph.instances[instance].id, instance, -1},
      template_(graph.templates[place_.id]), options_(options), inputs_(graph, place_.id, options.every_expert),
      passes_(template_, live, std::move(available)),
      mover_(options.device, options.wait_on_host) {}

LayerRun LayerRun::again(bool keeps) const {
  PassOptions options = options_;
  if (!keeps) options.widest = 0;
  return LayerRun(graph_, runner_, place_.instance, passes_.liveness(), passes_.available(), options);
}

LookAhead::LookAhead(const LayerRun& from, std::vector<TileState>& tiles, bool once) : run(from.again(!once)), tiles_(tiles) {
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

void LayerRun::Walk::begin() const {
  run.mover_.begin_pass();
  if (!tiles.empty()) run.mover_.bring(tiles.front().layer, tiles.front().trip);
}

void LayerRun::Walk::compute(size_t tile) const {
  // The next tile comes while this one is computed with; the one before the last has left by then.
  if (tile >= 2) run.mover_.settle(tiles[tile - 2].trip);
  if (tile + 1 < tiles.size()) run.mover_.bring(tiles[tile + 1].layer, tiles[tile + 1].trip);
  run.mover_.use(tiles[tile].layer, tiles[tile].trip);
  run.run(pass, tiles[tile]);
}

void LayerRun::Walk::leave(size_t tile) const {
  TileState& state = tiles[tile];
  for (size_t value = 0; value < state.layer.size(); ++value)
    if (!keep[value]) state.layer[value] = {};
  run.mover_.put_away(state.layer, state.trip);
}

bool LayerRun::run_all(const std::vector<Walk>& walks, const std::function<void(size_t)>& then, const std::atomic<bool>& stop) {
  for (const Walk& walk : walks) walk.begin();
  for (size_t t = 0; t < walks.front().tiles.size(); ++t) {
    if (stop) return false;
    for (const Walk& walk : walks) walk.compute(t);
    then(t);
    for (const Walk& walk : walks) walk.leave(t);
  }
  for (const Walk& walk : walks) walk.run.mover_.end_pass();
  return true;
}

// Of experts: what is dispatched to them.
std::vector<ValueId> LayerRun::values_of(const std::vector<LookedAt>& places) const {
  std::vector<ValueId> values;
  for (const LookedAt& at : places) {
    if (at.dispatch == none_id) {
      const std::vector<ValueId> own = values_at(template_, at);
      values.insert(values.end(), own.begin(), own.end());
    } else {
      const Node& node = template_.nodes[at.dispatch];
      values.insert(values.end(), node.inputs.begin(), node.inputs.end());
    }
  }
  return values;
}

LayerPass LayerRun::advance(const std::vector<LookedAt>& wanted, const std::vector<LookedAt>& after) {
  std::vector<ValueId> then = values_of(after);
  for (ValueId output : passes_.outputs()) then.push_back(output);
  counts_.clear();
  looks_.clear();
  return passes_.advance(values_of(wanted), then, options_.widest);
}

bool LayerRun::gather(std::vector<TileState>& tiles, StatisticsByInput& statistics, const std::vector<LookedAt>& wanted,
                      const std::vector<LookedAt>& after, const std::atomic<bool>& stop, const OriginalLayer* original) {
  LayerPass pass = advance(wanted, after);
  std::vector<Walk> walks{{*this, std::move(pass), tiles, passes_.available()}};
  if (original != nullptr) {
    LayerPass same = original->run.advance(wanted, after);
    walks.push_back({original->run, std::move(same), original->tiles, original->run.passes_.available()});
  }
  auto then = [&](size_t t) {
    look(tiles[t], statistics, wanted, original != nullptr ? &original->tiles[t] : nullptr,
         original != nullptr ? &original->run : nullptr);
  };
  if (!run_all(walks, then, stop)) return false;
  hand_over(statistics);
  return true;
}

bool LayerRun::hold(std::vector<TileState>& tiles, const std::vector<LookedAt>& places, const std::atomic<bool>& stop) {
  const std::vector<ValueId> values = values_of(places);
  looks_.clear();
  LayerPass pass = passes_.advance(values, passes_.outputs(), options_.widest, values);
  return run_all({{*this, std::move(pass), tiles, passes_.available()}}, [](size_t) {}, stop);
}

bool LayerRun::finish(std::vector<TileState>& tiles, const std::atomic<bool>& stop) {
  LayerPass pass = passes_.advance(passes_.outputs(), passes_.outputs(), options_.widest);
  std::vector<bool> keep(template_.values.size(), false);
  for (ValueId value : passes_.outputs()) keep[value] = true;
  return run_all({{*this, std::move(pass), tiles, std::move(keep)}}, [](size_t) {}, stop);
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

void LayerRun::look(TileState& state, StatisticsByInput& statistics, const std::vector<LookedAt>& wanted,
                    const TileState* original, LayerRun* original_run) {
  std::map<uint32_t, std::vector<LookedAt>> inside;
  std::set<InputKey> seen;
  for (const LookedAt& at : wanted) {
    if (at.dispatch != none_id) {
      inside[at.dispatch].push_back(at);
      continue;
    }
    const InputKey key{place_.id, behind_casts(template_, at.value), -1, at.whole};
    if (!seen.insert(key).second) continue;
    for_each_rotation(statistics, key, [&](InputStatistics& one) {
      at::Tensor unchanged;
      if (one.wants_cross) unchanged = counted_rows(rows_at(template_, at, original->layer), state.tile->counted);
      one.add(counted_rows(rows_at(template_, at, state.layer), state.tile->counted), state.tile->part, unchanged);
    });
  }
  for (const auto& [dispatch, places] : inside) look_into_experts(state, dispatch, statistics, places, original, original_run);
}

std::vector<Slot> LayerRun::run_expert(uint32_t dispatch, int32_t expert, const LayerPass& pass, const at::Tensor& rows, PackState& pack) {
  const TemplateId callee = template_.nodes[dispatch].callee;
  const Template& self = graph_.templates[callee];
  std::vector<Slot> inner(self.values.size());
  inner[self.inputs[0]] = {rows, {}};
  const NodePlace place{callee, place_.instance, expert};
  for (uint32_t inside : pass.nodes) runner_.run_node(place, inside, inner, pack);
  return inner;
}

// The tokens of each expert: those that were routed to it, or all. The unchanged model's are the same tokens, with the same
// weights, wherever its own router sends them.
void LayerRun::look_into_experts(TileState& state, uint32_t dispatch, StatisticsByInput& statistics,
                                 const std::vector<LookedAt>& places, const TileState* original, LayerRun* original_run) {
  const Node& node = template_.nodes[dispatch];
  const Attributes& a = node.attributes;
  const at::Tensor x = state.layer[node.inputs[0]].tensor;
  const Template& expert = graph_.templates[node.callee];
  std::vector<ValueId> values;
  for (const LookedAt& at : places)
    for (ValueId value : values_at(expert, at)) values.push_back(value);
  if (looks_together(dispatch, x, statistics, values)) return look_together(state, dispatch, values);
  const Slot& routing = state.layer[node.inputs[1]];
  const int64_t k = routing.indices.size(1);
  at::Tensor chosen = routing.indices.flatten();
  at::Tensor order = std::get<1>(at::sort(chosen, /*stable=*/true, 0, false));
  at::Tensor counts = at::bincount(chosen.cpu(), {}, a.experts);
  at::Tensor rows_of_entry = order.floor_divide(k);
  at::Tensor counted = state.tile->counted.defined() ? state.tile->counted.to(x.device()) : at::Tensor();
  ExpertCounts& seen = counts_[dispatch];
  seen.resize(static_cast<size_t>(a.experts));

  const Liveness& live = runner_.alive(node.callee, {false});
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
    auto read_by_expert = [&](const at::Tensor& all) {
      if (options_.every_expert) return counted.defined() ? all.index({counted}) : all;
      at::Tensor input = all.index_select(0, rows);
      return a.scale_input ? input * routing.tensor.flatten().index_select(0, entries).unsqueeze(-1) : input;
    };
    at::Tensor input = read_by_expert(x);
    if (input.size(0) == 0) continue;
    const auto number = static_cast<int32_t>(e);
    std::vector<Slot> inner = run_expert(dispatch, number, pass, input, state.pack), unchanged;
    for (const LookedAt& at : places) {
      auto flat = [&](const std::vector<Slot>& slots) { return rows_at(expert, at, slots); };
      for_each_rotation(statistics, {node.callee, behind_casts(expert, at.value), number, at.whole}, [&](InputStatistics& one) {
        if (one.wants_saliency) {
          // Gates that scale the inputs are in the outputs already.
          at::Tensor gates = routing.tensor.flatten().index_select(0, entries);
          return one.add_saliency(flat(inner), a.scale_input ? at::ones_like(gates) : gates);
        }
        if (one.wants_cross && unchanged.empty())
          unchanged = original_run->run_expert(dispatch, number, pass, read_by_expert(original->layer[node.inputs[0]].tensor), state.pack);
        one.add(flat(inner), state.tile->part, one.wants_cross ? flat(unchanged) : at::Tensor());
      });
    }
  }
}

}  // namespace lcr
