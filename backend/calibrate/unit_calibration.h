#pragma once

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "backend/calibrate/calibrate.h"
#include "backend/calibrate/model_state.h"
#include "backend/calibrate/smooth_tasks.h"
#include "backend/calibrate/solve.h"
#include "planner/plan/layout.h"

namespace lcr {

// Calibrates the units of a plan, one instance at a time, on the model's state. All functions give false when something
// was reported or `stop` was set.
class UnitCalibrator {
 public:
  using Tell = std::function<void(const char* type, const std::string& message, nlohmann::json fields)>;
  // All must outlive it.
  UnitCalibrator(const Plan& plan, const ModelGraph& graph, ModelState& model, const Tell& tell, SolvedStore& store,
                 const std::atomic<bool>& stop, Diagnostics& diagnostics);

  // Whether every module that looks at data is run on texts. Reports L6055.
  bool reached();
  // What stands outside of layers and reads no value: embeddings.
  bool solve_tables();
  // A layer: its stages are gathered and solved, or taken from the store; then it is run with its new weights.
  bool layer(uint32_t call);
  // What follows the layers.
  bool rest();
  // Seconds so far: passes over the tokens, solving, writing what was solved.
  struct Spent {
    double passes = 0, smoothing = 0, solving = 0, writing = 0;
  };
  const Spent& spent() const { return spent_; }
  // Units that texts do not reach, or all when nothing looks at data.
  bool without_data();

 private:
  bool runs(uint32_t module) const;
  struct Place {
    const UnitCalibration* unit = nullptr;
    std::string path;
    uint32_t instance = 0;
  };
  Place place_of(uint32_t instance) const;

  std::vector<SolveTask> tasks_of(const Place& place, const CalibrationStage& stage, const LayerInputs* inputs) const;
  StatisticsByInput statistics_for(const std::vector<SolveTask>& tasks) const;
  std::vector<LookedAt> looked_at(const std::vector<SolveTask>& tasks, const LayerInputs& inputs) const;
  bool run_stages(const Place& place, LayerRun& run, SolvedWriter& writer);
  bool usable(std::vector<SolveTask>& tasks, StatisticsByInput& statistics);
  bool solve_into(const std::vector<SolveTask>& tasks, StatisticsByInput& statistics, SolvedWriter& writer);
  void keep(const SolvedWeight& solved, SolvedWriter& writer);
  void keep_ranges(const std::vector<SolveTask>& tasks, StatisticsByInput& statistics, SolvedWriter& writer);
  void keep_rewritten(const std::vector<uint32_t>& modules, SolvedWriter& writer);
  void take_rewritten(uint32_t instance);
  bool take_from_store(const Place& place);
  PassOptions pass_options() const;

  const Plan& plan_;
  const ModelGraph& graph_;
  ModelState& model_;
  const Tell& tell_;
  SolvedStore& store_;
  const std::atomic<bool>& stop_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string_view, uint32_t> modules_;  // by path
  std::set<uint32_t> solved_;  // modules whose codes are stored
  SmoothTasks smooth_tasks_;
  Smoother smoother_;
  Spent spent_;
};

}  // namespace lcr
