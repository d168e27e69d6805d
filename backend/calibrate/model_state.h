#pragma once

#include <memory>
#include <vector>

#include "backend/calibrate/layer_run.h"
#include "backend/forward/weight_cache.h"
#include "backend/forward/weights.h"
#include "planner/plan/plan.h"

namespace lcr {

// What the model runs in: on a processor float32, the faster there and the more exact.
at::ScalarType compute_type(const ModelGraph& graph, const std::string& device);

// The model on its way through the calibration data: weights as they are by now, and the values of all tiles.
class ModelState {
 public:
  // All must outlive it.
  ModelState(const Plan& plan, const ModelGraph& graph, const Weights& base, const std::vector<CalibrationTile>& tiles);

  // Calls of the model's own template that run, in order.
  std::vector<uint32_t> layers() const;
  // Runs the model's own nodes before a call, as far as they have not run; all that are left when `node` is none_id.
  void run_before(uint32_t node);

  // Into TileState::layer: the arguments of a call; back: its results. Which values of the layer there are.
  std::vector<bool> enter(uint32_t call);
  void leave(uint32_t call);

  const Liveness& liveness_of(uint32_t call);
  const Liveness& liveness() const { return live_; }

  // A weight as the model computes with it.
  at::Tensor computed(uint32_t module, uint32_t tensor) { return cache_.get(module, tensor); }
  // Replaces a weight; `decoded` f32.
  void set_weight(uint32_t module, uint32_t tensor, const at::Tensor& decoded);
  // Takes a module that was rewritten in weights() into use: in the dtype that the model runs it in.
  void settle(uint32_t module);
  // Begins to bring a layer's weights to the device.
  void prefetch_layer(uint32_t instance);
  // Lets go of a layer's weights.
  void forget_layer(uint32_t instance);

  const ModelGraph& graph() const { return graph_; }
  const std::string& device() const { return device_; }
  at::ScalarType native() const { return native_; }
  bool waits_on_host() const { return wait_on_host_; }
  ChangedWeights& weights() { return changed_; }
  const WeightCache& cache() const { return cache_; }
  TemplateRunner& runner() { return runner_; }
  std::vector<TileState>& tiles() { return tiles_; }

 private:
  std::vector<bool> absent_arguments(uint32_t call) const;

  const ModelGraph& graph_;
  std::string device_;
  at::ScalarType native_;
  bool wait_on_host_;
  ChangedWeights changed_;
  WeightCache cache_;
  TemplateRunner runner_;
  const Liveness& live_;
  std::vector<TileState> tiles_;
  uint32_t next_ = 0;  // the first node of the model's own template that has not run
};

}  // namespace lcr
