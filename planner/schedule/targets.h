#pragma once

#include "compiler/check/typed_recipe.h"
#include "planner/plan/plan.h"

namespace lcr {

// Fills the groups, the ignore list and the format of `quantization_config` for every export that has one. Precisions
// that the source is kept in join Plan::precisions. False when readers could give a module another precision than its
// own (reported): the targets are proved, not hoped for.
bool fill_targets(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, Plan& plan,
                  Diagnostics& diagnostics);

// The key of a value in a map of the plan: `name`, numbered where another value has that name already.
template <class Value, class Same>
std::string key_for(std::map<std::string, Value>& known, const std::string& name, const Value& value, Same same) {
  std::string key = name.empty() ? "unnamed" : name;
  for (int n = 2;; ++n) {
    const auto [entry, added] = known.emplace(key, value);
    if (added || same(entry->second, value)) return key;
    key = name + "_" + std::to_string(n);
  }
}

}  // namespace lcr
