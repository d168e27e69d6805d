#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/calibrate/layer_inputs.h"
#include "backend/calibrate/online_weights.h"
#include "backend/calibrate/solve.h"
#include "backend/calibrate/statistics.h"
#include "backend/calibrate/unit_store.h"
#include "backend/storage/solved_store.h"
#include "compiler/diagnostics/diagnostic.h"
#include "planner/plan/plan.h"

namespace lcr {

// Scales that are found before the run: of what a linear reads or gives, or of the keys, values or queries of an
// attention.
struct RangeTask {
  enum class Side : uint8_t { Input, Output, Point } side = Side::Input;
  std::string path;                   // of the module or the point
  uint32_t index = 0;                 // into ModelGraph::modules or points
  const Precision* precision = nullptr;  // of a module
  const Format* format = nullptr;
  const Observer* observer = nullptr;
  int64_t width = 0, heads = 1;       // of one row, and what it is made of
  std::string name;                   // among the ranges of the value's statistics
  InputKey key;                       // where they are gathered, and from what
  std::shared_ptr<const OrthogonalMatrix> rotation;  // that of the key
  LookedAt at;
};

// Whether a format of activations stores a scale that is not found at run time.
bool is_stored(const std::optional<Format>& format);

// Of what tasks read and of what they give. Without `inputs` the ranges say not where; with it those have none that
// nothing reads.
std::vector<RangeTask> input_ranges(const Plan& plan, const ModelGraph& graph, const std::vector<SolveTask>& tasks,
                                    const LayerInputs* inputs);
std::vector<RangeTask> output_ranges(const Plan& plan, const ModelGraph& graph, const std::vector<SolveTask>& tasks,
                                     const OnlineWeights& online, const LayerInputs* inputs);
// Of the attention points of one instance whose jobs stand in a stage of its unit. Queries and keys are looked at as
// readers rotate them.
std::vector<RangeTask> point_ranges(const Plan& plan, const ModelGraph& graph, const Unit& unit,
                                    const CalibrationStage& stage, const std::string& path, const OnlineWeights& online);

// All of a stage, where nothing is gathered.
std::vector<RangeTask> ranges_of(const Plan& plan, const ModelGraph& graph, const std::vector<SolveTask>& tasks,
                                 const Unit& unit, const CalibrationStage& stage, const std::string& path,
                                 const OnlineWeights& online);

// Asks for the ranges that tasks need.
void want(const std::vector<RangeTask>& tasks, StatisticsByInput& statistics, at::ScalarType native);

// Stores the scales, and tells of those of points. Reports L6051 where a value was not finite, L6052 where nothing was seen, and gives false.
bool keep(const Plan& plan, const ModelGraph& graph, const std::vector<RangeTask>& tasks,
          const StatisticsByInput& statistics, SolvedWriter& writer, const TellEvent& tell, Diagnostics& diagnostics);

// Stores those of ranges that the recipe states, which need no data.
void keep_fixed(const Plan& plan, const ModelGraph& graph, const std::vector<RangeTask>& tasks, at::ScalarType native,
                SolvedWriter& writer);

}  // namespace lcr
