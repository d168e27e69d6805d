#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "backend/calibrate/layer_run.h"
#include "backend/calibrate/model_state.h"
#include "backend/calibrate/solve.h"

namespace lcr {

// Values of a layer by tile and value.
using LayerValues = std::vector<std::vector<Slot>>;
LayerValues values_of(const std::vector<TileState>& tiles);

// What a layer is tuned on: what it reads in the rewritten model, and what it gave in the unchanged one.
struct LayerExamples {
  const std::vector<TileState>& tiles;  // rows, and which tokens count
  LayerValues inputs, outputs;
};

// Whether a job's weights are tuned with the others of their layer.
bool tunes(const Plan& plan, const Job& job);

struct TunedLayer {
  double error = 1;  // of the layer's outputs, squared, against that of rounding to nearest, on the batch of the best step
  int64_t best_step = 0;
};

// Solves tasks of one layer, of one stack, together: by the error of the layer's outputs on batches of rows that the
// stack's seed draws, each against what rounding to nearest loses on the same rows: batches differ by more than steps do.
// `start` stands at the layer's inputs. Weights in `pruned` are tuned from there, and what is zero stays so. What is not among the tasks keeps the weights that it has. Tensors of the layer are
// copied out of inference mode, so every operation of the interpreter can be differentiated.
TunedLayer tune_layer(const SolveContext& context, ModelState& model, const LayerRun& start, const std::vector<SolveTask>& tasks,
                      const PrunedWeights& pruned, const LayerExamples& examples, const std::function<void(SolvedWeight)>& done, const std::atomic<bool>& stop);

}  // namespace lcr
