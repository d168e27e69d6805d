#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/check/typed_recipe.h"

// What two recipes do differently to one model.
namespace lcr {

// One side of a comparison: a recipe checked against the model that both sides share.
struct DiffSide {
  std::string name;  // "a.lcr", "main:a.lcr"
  const Recipe& recipe;
  const TypedRecipe& typed;
};

// What one side does to modules, for people.
struct ModuleState {
  std::string precision;  // "W4A16", "keep"
  std::string stack;      // empty: none
  std::string pruning;    // empty: none
  std::string rule;       // the statement that decided, on one line; "default keep"
  std::string place;      // "a.lcr:12"
};

// Modules (or attention points) that change in the same way.
struct Change {
  std::vector<std::string> what;   // of precision, algorithm, pruning, rule
  std::vector<std::string> names;  // "model.layers.{0..27}.mlp.{gate,up}_proj"; `*`: all of the model
  bool points = false;
  int64_t count = 0, parameters = 0;
  int64_t bytes_before = 0, bytes_after = 0;  // in the export
  ModuleState before, after;
};

// Predicted by the planner for both sides.
struct PlannedNumbers {
  int64_t host_peak = 0, device_peak = 0, bytes_read = 0, bytes_written = 0;
  double seconds = 0;
};

struct RecipeDiff {
  std::string before, after;  // names of the sides
  std::vector<Change> changes;  // largest first
  int64_t modules = 0, points = 0;  // of the model
  int64_t changed = 0, changed_points = 0;  // in more than the words of their rule
  int64_t bytes_before = 0, bytes_after = 0;  // of the whole export
  std::optional<PlannedNumbers> planned_before, planned_after;
  std::vector<std::string> unplanned;  // why a side has no plan

  bool empty() const { return changes.empty(); }
  // More than words.
  bool differs() const { return changed > 0 || changed_points > 0; }
};

RecipeDiff diff(const DiffSide& before, const DiffSide& after, const ModelGraph& graph, const Checkpoint& checkpoint,
                const Sources& sources);

std::string diff_text(const RecipeDiff& diff);
// A comment for a pull request.
std::string diff_markdown(const RecipeDiff& diff);
std::string diff_json(const RecipeDiff& diff);

}  // namespace lcr
