#pragma once

#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/checkpoint.h"
#include "planner/plan/plan.h"

namespace lcr {

// Where paths of a plan start: the folder that it lies in.
struct OriginFiles {
  std::string plan_folder;
  uint32_t recipe = 0;                         // into the Sources
  std::string machine, profile, architecture;  // as given on the command line; empty: not given
  uint64_t profile_hash = 0;
  std::vector<std::string> data;  // files of calibration data and chat templates, as the recipe's folder has them
};

// A path as a plan writes it: relative to the plan's folder where it lies in it or beside it, else absolute.
std::string path_in_plan(const std::string& path, const std::string& plan_folder);
// And back.
std::string path_from_plan(const std::string& path, const std::string& plan_folder);

// Everything that a plan was made from: the texts among the sources, the model's headers, the profile.
std::vector<Origin> origins_of(const Sources& sources, const Checkpoint& checkpoint, const OriginFiles& files);

// What differs now from what the plan was made from, one phrase each. `model`: folder to look at instead of the plan's
// own; origins that cannot be found any more count as changed, but for the model of a snapshot.
std::vector<std::string> changes_since(const Plan& plan, const std::string& plan_path, const std::string& model);

// Reports the changes as one error and gives true when there are any.
bool report_stale(const Plan& plan, const std::string& plan_path, const std::string& model, Diagnostics& diagnostics);
// The same as a warning.
void warn_stale(const Plan& plan, const std::string& plan_path, Diagnostics& diagnostics);

}  // namespace lcr
