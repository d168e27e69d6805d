#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "backend/calibrate/layer_inputs.h"
#include "backend/calibrate/layer_passes.h"
#include "backend/calibrate/statistics.h"
#include "backend/calibrate/tile_mover.h"
#include "backend/calibrate/tiles.h"
#include "backend/forward/template_runner.h"

namespace lcr {

// One tile on its way through the model: values of the model's own template, and of the layer that it is in.
struct TileState {
  const CalibrationTile* tile = nullptr;
  PackState pack;
  std::vector<Slot> model, layer;
  TileMover::Trip trip;  // of `layer`
};

struct PassOptions {
  std::string device;
  bool every_expert = true;
  int64_t widest = 0;          // features of what waits between passes
  bool wait_on_host = false;   // values wait in host memory, not on the device
};

class LayerRun;

// The same layer of the unchanged model, with its own values of the same tiles.
struct OriginalLayer {
  LayerRun& run;
  std::vector<TileState>& tiles;
};

// How many counted tokens the router sent to each expert of a dispatch.
using ExpertCounts = std::vector<int64_t>;

// Runs one instance of a layer over all tiles, pass by pass.
class LayerRun {
 public:
  // `live` and `available`: what runs of the instance's template, and which of its values there are, in all tiles.
  LayerRun(const ModelGraph& graph, TemplateRunner& runner, uint32_t instance, const Liveness& live,
           std::vector<bool> available, const PassOptions& options);

  const LayerInputs& inputs() const { return inputs_; }
  const Liveness& liveness() const { return passes_.liveness(); }
  // Values of the layer that there are now, in all tiles.
  const std::vector<bool>& available() const { return passes_.available(); }

  // Gathers what the statistics ask for, from their keys; the values at `where` and those of experts. `after`: linears
  // whose inputs later passes want, beside the outputs. `original` goes the same pass, tile by tile, for statistics that
  // compare; null: none does.
  bool gather(std::vector<TileState>& tiles, StatisticsByInput& statistics, const std::vector<LookedAt>& wanted,
              const std::vector<LookedAt>& after, const std::atomic<bool>& stop, const OriginalLayer* original = nullptr);
  // Makes the values at these places and holds them, beside what the outputs are made from.
  bool hold(std::vector<TileState>& tiles, const std::vector<LookedAt>& places, const std::atomic<bool>& stop);
  // The layer's outputs, into `layer` at the template's output values.
  bool finish(std::vector<TileState>& tiles, const std::atomic<bool>& stop);

  const PassOptions& options() const { return options_; }
  uint32_t instance() const { return place_.instance; }
  // Values that the layer gives.
  std::vector<ValueId> outputs() const { return passes_.outputs(); }
  // Another run that stands where this one does; with `keeps` false nothing but the layer's inputs waits after its pass.
  LayerRun again(bool keeps = true) const;
  // One value of a tile, made from what there is now; nothing else is kept.
  at::Tensor value_of(const TileState& state, ValueId value);

  // By dispatch node, from the last gathering pass that looked into experts.
  const std::map<uint32_t, ExpertCounts>& counts() const { return counts_; }

 private:
  // A pass on its way over all tiles; of the values only `keep` go on waiting.
  struct Walk {
    LayerRun& run;
    LayerPass pass;
    std::vector<TileState>& tiles;
    std::vector<bool> keep;
    void begin() const;
    void compute(size_t tile) const;
    void leave(size_t tile) const;
  };
  // Walks go over the tiles together: `then` looks at each before its values go.
  static bool run_all(const std::vector<Walk>& walks, const std::function<void(size_t)>& then, const std::atomic<bool>& stop);
  std::vector<ValueId> values_of(const std::vector<LookedAt>& places) const;
  LayerPass advance(const std::vector<LookedAt>& wanted, const std::vector<LookedAt>& after);
  void run(const LayerPass& pass, TileState& state);
  // `original`, of the same tile, may be null.
  void look(TileState& state, StatisticsByInput& statistics, const std::vector<LookedAt>& wanted, const TileState* original,
            LayerRun* original_run);
  void look_into_experts(TileState& state, uint32_t dispatch, StatisticsByInput& statistics, const std::vector<LookedAt>& places,
                         const TileState* original, LayerRun* original_run);
  // Values of one expert's template for its rows.
  std::vector<Slot> run_expert(uint32_t dispatch, int32_t expert, const LayerPass& pass, const at::Tensor& rows, PackState& pack);
  // The same for all experts at once, where the device can and nothing but moments is wanted.
  bool looks_together(uint32_t dispatch, const at::Tensor& x, const StatisticsByInput& statistics,
                      const std::vector<ValueId>& values) const;
  void look_together(TileState& state, uint32_t dispatch, const std::vector<ValueId>& values);
  // What was gathered together, to each expert's statistics.
  void hand_over(StatisticsByInput& statistics);

  const ModelGraph& graph_;
  TemplateRunner& runner_;
  NodePlace place_;
  const Template& template_;
  PassOptions options_;
  LayerInputs inputs_;
  LayerPasses passes_;
  TileMover mover_;
  std::map<uint32_t, ExpertCounts> counts_;
  std::map<InputKey, SecondMoments> moments_;      // of all experts, while they are gathered together
  std::map<uint32_t, at::Tensor> device_counts_;   // i64 [experts], likewise
  std::map<ValueId, LayerPass> looks_;  // of value_of, since the last pass
};

// Runs ahead from where a run stands; when it goes the tiles hold again what they held.
class LookAhead {
 public:
  // `tiles` must outlive it. `once`: for one pass alone.
  LookAhead(const LayerRun& from, std::vector<TileState>& tiles, bool once = false);
  ~LookAhead();
  LookAhead(const LookAhead&) = delete;

  LayerRun run;

 private:
  std::vector<TileState>& tiles_;
  std::vector<std::vector<Slot>> values_;  // of each tile's layer
};

}  // namespace lcr
