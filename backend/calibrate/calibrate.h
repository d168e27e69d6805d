#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "backend/storage/solved_store.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/graph.h"
#include "planner/plan/expert_cut.h"
#include "planner/plan/plan.h"

#include <nlohmann/json_fwd.hpp>

namespace lcr {

struct LearnedRotations;

struct CalibrateOptions {
  std::string plan_folder;  // paths of data in the plan are relative to it
  std::string model;        // folder of the checkpoint
  // One event of docs/events.md: its type, message and fields.
  std::function<void(const char* type, const std::string& message, nlohmann::json fields)> tell;
  // Set when what is written beside the calibration failed: it ends after the layer. May be null.
  const std::atomic<bool>* given_up = nullptr;
  // Of plans that learn rotations, once they are.
  std::shared_ptr<const LearnedRotations> learned;
};

enum class CalibrationEnd { Done, Failed, Interrupted };

// Runs the model on the plan's calibration data, layer by layer and stage by stage, and solves every calibrated job into
// the store, which keeps the layers that an earlier process finished. `stop` ends the work after the layer's pass.
CalibrationEnd calibrate(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint, const CalibrateOptions& options,
                         SolvedStore& store, const std::atomic<bool>& stop, Diagnostics& diagnostics);

// Which experts stay where a plan removes some: those of an earlier process of the run, or by one look at the data. `graph`
// and `checkpoint` are the source's. `kept` is set when it is Done.
CalibrationEnd choose_experts(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint, const CalibrateOptions& options,
                              SolvedStore& store, const std::atomic<bool>& stop, KeptExperts& kept, Diagnostics& diagnostics);

// Learns the rotations of a plan that says so, or takes those of an earlier process of the run. `learned` is set when it
// is Done, and null where nothing is learned.
CalibrationEnd learn_rotations(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint, const CalibrateOptions& options,
                               SolvedStore& store, const std::atomic<bool>& stop, std::shared_ptr<const LearnedRotations>& learned,
                               Diagnostics& diagnostics);

}  // namespace lcr
