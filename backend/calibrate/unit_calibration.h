#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "backend/calibrate/calibrate.h"
#include "backend/calibrate/model_state.h"
#include "backend/calibrate/ranges.h"
#include "backend/calibrate/smooth_tasks.h"
#include "backend/calibrate/solve.h"
#include "backend/calibrate/survey.h"
#include "backend/calibrate/tune_layer.h"
#include "backend/calibrate/unit_store.h"
#include "backend/calibrate/unit_tasks.h"

namespace lcr {

// Calibrates the units of a plan, one instance at a time, on the model's state. All functions give false when something
// was reported or `stop` was set.
class UnitCalibrator {
 public:
  // All must outlive it.
  // `original`: the unchanged model on the same tiles, where solvers approach what it gives; else null.
  UnitCalibrator(const Plan& plan, const ModelGraph& graph, ModelState& model, ModelState* original, const Survey& survey,
                 const TellEvent& tell, SolvedStore& store, const std::atomic<bool>& stop, Diagnostics& diagnostics);

  // Whether every module that looks at data is run on texts. Reports L6055.
  bool reached();
  // What stands outside of layers and reads no value: embeddings.
  bool solve_tables();
  // A layer: its stages are gathered and solved, or taken from the store; then it is run with its new weights, unless it is
  // the `last` and nothing reads what it gives.
  bool layer(uint32_t call, bool last);
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
  // Whether what follows the layers looks at what they give.
  bool rest_reads() const;
  bool runs_instance(uint32_t instance) const;
  bool refuse_unreached(const std::string& path);
  // A layer's weights that are tuned together, after all others of the layer are solved.
  struct Tuning {
    LayerRun start;  // stands at the layer's inputs
    LayerExamples examples;
    std::vector<SolveTask> tasks;
    PrunedWeights pruned;
  };
  // A layer's runs: of the model as it is by now, and of the unchanged one. `tuning` is null where nothing is tuned.
  struct Runs {
    LayerRun& now;
    LayerRun* original = nullptr;
    Tuning* tuning = nullptr;
  };
  // What one pass over the tokens gathers for.
  struct Wanted {
    std::vector<SolveTask> tasks;
    std::vector<RangeTask> ranges;
  };
  std::unique_ptr<LayerRun> run_of(ModelState& model, const UnitPlace& place, uint32_t call) const;
  bool solve_layer(const UnitPlace& place, const Runs& runs);
  std::vector<Wanted> wanted_by(const UnitPlace& place, const LayerInputs& inputs) const;
  std::vector<LookedAt> places_of(const Wanted& wanted, const LayerInputs& inputs) const;
  bool run_stages(const UnitPlace& place, const Runs& runs, UnitFile& file);
  bool run_at_once(const std::vector<Wanted>& stages, const Runs& runs, UnitFile& file);
  bool gather(const Wanted& wanted, const Runs& runs, const std::vector<LookedAt>& after, StatisticsByInput& statistics);
  bool gather_ranges(std::vector<RangeTask> ranges, const Runs& runs, UnitFile& file);
  void smooth_crosses(const std::vector<SolveTask>& tasks, StatisticsByInput& statistics) const;
  SolveContext context() const;
  bool prune_tuned(const std::vector<SolveTask>& tasks, StatisticsByInput& statistics, PrunedWeights& pruned);
  bool solve_gathered(Wanted& wanted, StatisticsByInput& statistics, Tuning* tuning, UnitFile& file);
  bool finish_layer(const Runs& runs, UnitFile& file);
  bool tune(Tuning& tuning, UnitFile& file);
  bool tunes_layer(const UnitPlace& place) const;
  bool usable(std::vector<SolveTask>& tasks, StatisticsByInput& statistics);
  bool solve_into(const std::vector<SolveTask>& tasks, StatisticsByInput& statistics, UnitFile& file);

  const Plan& plan_;
  const ModelGraph& graph_;
  ModelState& model_;
  ModelState* original_;
  const Survey& survey_;
  const TellEvent& tell_;
  const std::atomic<bool>& stop_;
  Diagnostics& diagnostics_;
  UnitTasks tasks_;
  UnitStore store_;
  SmoothTasks smooth_tasks_;
  Smoother smoother_;
  std::map<uint32_t, ExpertCounts> counts_;  // of the layer's last pass that looked into experts
  bool given_is_read_ = true;  // what the layer at hand gives
  Spent spent_;
};

}  // namespace lcr
