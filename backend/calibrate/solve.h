#pragma once

#include <functional>
#include <map>
#include <vector>

#include "backend/algorithms/grid.h"
#include "backend/calibrate/online_weights.h"
#include "backend/calibrate/statistics.h"
#include "backend/forward/weight_cache.h"
#include "compiler/diagnostics/diagnostic.h"
#include "planner/plan/plan.h"

namespace lcr {

struct Survey;

// A weight whose numbers are to be found, and the value that it reads: rotated, both, where readers rotate.
struct SolveTask {
  uint32_t module = 0;
  const Job* job = nullptr;
  int64_t expert = -1;
  std::optional<InputKey> input;  // nothing: it reads no value (a table), or its data did not suffice
};

// What became of it.
struct SolvedWeight {
  uint32_t module = 0;
  const Job* job = nullptr;
  std::optional<Grid> grid;            // with the codes what is stored; nothing: pruned, and stored dense
  at::Tensor codes;                    // uint8 [out, in]
  at::Tensor decoded;                  // f32 [out, in]: what servers will compute with, on rotated values
  double weight_error = 0;             // |W - Q| / |W|, Frobenius
  double output_error = 0;             // the same of the outputs on the calibration data; 0 without data
};

struct SolveContext {
  const Plan& plan;
  const ModelGraph& graph;
  const WeightCache& weights;  // as they are after what was solved before
  const OnlineWeights& online;
  std::string device;
  const Survey& survey;
};

// Solves the weights of one stage: those that read one value and have one stack together. `done` is called for each, in
// the order of the tasks' values. Reports L6050 and gives false when a second moment cannot be factorized.
bool solve(const SolveContext& context, const std::vector<SolveTask>& tasks, StatisticsByInput& statistics,
           const std::function<void(SolvedWeight)>& done, Diagnostics& diagnostics);

// Weights that are pruned some time before they are solved, by module: with their zeros, f32 [out, in], and the mask of what
// may be other than zero.
struct PrunedWeight {
  at::Tensor weight, mask;
};
using PrunedWeights = std::map<uint32_t, PrunedWeight>;
// Prunes those of the tasks whose jobs do. Reports as solve() does.
bool prune(const SolveContext& context, const std::vector<SolveTask>& tasks, StatisticsByInput& statistics,
           PrunedWeights& pruned, Diagnostics& diagnostics);

// What the statistics of a job's inputs must hold.
bool wants_moment(const Plan& plan, const Job& job);
// Whether a job's algorithms look at its inputs at all.
bool looks_at_data(const Plan& plan, const Job& job);

}  // namespace lcr
