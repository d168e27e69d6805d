#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "backend/execute/engine.h"
#include "backend/execute/events.h"
#include "compiler/diagnostics/diagnostic.h"
#include "planner/plan/plan.h"

namespace lcr {

struct ExecuteOptions {
  std::string plan_folder;   // paths in the plan are relative to it; empty: the current folder
  std::string model;         // where the model is now, in place of the plan's path; may be empty
  std::string out;           // in place of the export's dir (its parent with several exports); may be empty
  bool resume = false;
  // Makes one engine a worker. Reports and gives null when the device cannot be used.
  std::function<std::unique_ptr<Engine>(Diagnostics&)> engine;
};

// Executes the plan: reads the model, makes every output file, and last what turns the folder into a checkpoint.
// Gives the exit code of the command line: 0 done, 1 diagnostics, 2 input or output failed, 130 interrupted.
int execute(const Plan& plan, const ExecuteOptions& options, const Events::Sink& sink, const std::atomic<bool>& stop,
            Diagnostics& diagnostics);

}  // namespace lcr
