#pragma once

#include <vector>

#include "backend/calibrate/block_loss.h"
#include "backend/calibrate/layer_run.h"
#include "backend/calibrate/model_state.h"
#include "backend/calibrate/online_weights.h"
#include "backend/forward/rewrite.h"
#include "compiler/facts/facts.h"
#include "planner/plan/plan.h"

namespace lcr {

// One scale to be found and moved: a smoothing set of the facts in one instance (and expert), with the readers whose
// rounding decides.
struct SmoothTask {
  const SmoothingSet* set = nullptr;
  uint32_t instance = 0;
  int32_t expert = -1;
  const Algorithm* algorithm = nullptr;
  struct Reader {
    uint32_t module = 0;
    const Side* side = nullptr;
    const Job* job = nullptr;  // null: not quantized
    bool target = false;
  };
  std::vector<Reader> readers;
};

// Gathers what a layer's smoothing needs in one pass over its unchanged weights, then chooses each scale and moves it
// into the weights. False when `stop` was set.
class Smoother {
 public:
  // All must outlive it.
  Smoother(const Plan& plan, const ModelGraph& graph, const OnlineWeights& online, ModelState& model)
      : plan_(plan), graph_(graph), online_(online), model_(model),
        rewriter_(graph, model.weights(), model.device(), [this](uint32_t module, uint32_t tensor) { return current(module, tensor); }) {}

  // `run` stands at the layer's inputs, and its tiles hold them.
  bool smooth(const std::vector<SmoothTask>& tasks, LayerRun& run, const std::atomic<bool>& stop);
  // Modules that were changed since the last call.
  std::vector<uint32_t> take_changed();
  // What a module's columns were multiplied by, and so its inputs divided by, f64 [in]; undefined: by nothing.
  at::Tensor column_scale(uint32_t module) const;

 private:
  at::Tensor choose(const SmoothTask& task, const LayerInputs& inputs, StatisticsByInput& statistics, LayerRun& run,
                    const std::atomic<bool>& stop);
  at::Tensor awq_scale(const SmoothTask& task, const LayerInputs& inputs, StatisticsByInput& statistics, LayerRun& run,
                       const std::atomic<bool>& stop);
  at::Tensor smoothquant_of(const SmoothTask& task, const LayerInputs& inputs, StatisticsByInput& statistics);
  std::vector<double> losses_before(const std::vector<uint32_t>& modules, int64_t width, size_t trials, const MakeTrial& make, ValueId output,
                                    LayerRun& run, const std::atomic<bool>& stop);
  void apply(const SmoothTask& task, const at::Tensor& scale);
  at::Tensor weight(uint32_t module) const;
  // As it is now, from the device where it is there already.
  at::Tensor current(uint32_t module, uint32_t tensor) const;

  const Plan& plan_;
  const ModelGraph& graph_;
  const OnlineWeights& online_;
  ModelState& model_;
  Rewriter rewriter_;
  std::vector<uint32_t> changed_;
  struct Applied {
    const SmoothingSet* set;
    uint32_t instance;
    int32_t expert;
    at::Tensor scale;
  };
  std::vector<Applied> applied_;  // to the last layer
};

}  // namespace lcr
