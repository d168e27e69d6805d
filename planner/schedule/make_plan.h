#pragma once

#include <optional>
#include <string>

#include "compiler/check/typed_recipe.h"
#include "compiler/diagnostics/diagnostic.h"
#include "planner/machine/machine.h"
#include "planner/machine/profile.h"
#include "planner/plan/plan.h"

namespace lcr {

struct PlanOptions {
  std::string out;                  // --out: replaces the export's dir (its parent with several exports)
  std::string plan_folder;          // the folder that paths in the plan are relative to
  std::string device;               // --device cpu|cuda; empty: what schedule says, else cpu
  std::optional<Schedule> machine;  // --machine FILE: replaces the recipe's schedule
  std::string machine_file, profile_file, architecture_file;  // as given; empty: not given
  Profile profile;                                            // --profile FILE, else the stated defaults
  Machine host = this_machine();                              // what `schedule` leaves open
};

// `sources` holds every text that was read (recipe, imports, stdlib, architecture): the plan notes their hashes.
// Typed recipe x model graph x machine -> plan. Nothing when a budget cannot be met (reported with the minimum and the
// tensor that sets it) or the recipe needs what this version cannot run.
std::optional<Plan> make_plan(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                              const Checkpoint& checkpoint, const Sources& sources, const PlanOptions& options,
                              Diagnostics& diagnostics);

}  // namespace lcr
