#include <nlohmann/json.hpp>

#include "compiler/diff/diff.h"

namespace lcr {
namespace {

using nlohmann::ordered_json;

ordered_json state_json(const ModuleState& state) {
  return {{"precision", state.precision},
          {"stack", state.stack},
          {"pruning", state.pruning},
          {"rule", state.rule},
          {"place", state.place}};
}

ordered_json planned_json(const std::optional<PlannedNumbers>& planned) {
  if (!planned) return nullptr;
  return {{"host_peak", planned->host_peak}, {"device_peak", planned->device_peak}, {"bytes_read", planned->bytes_read},
          {"bytes_written", planned->bytes_written}, {"seconds", planned->seconds}};
}

}  // namespace

std::string diff_json(const RecipeDiff& diff) {
  ordered_json changes = ordered_json::array();
  for (const Change& change : diff.changes)
    changes.push_back({{"what", change.what},
                       {"names", change.names},
                       {"kind", change.points ? "attention points" : "modules"},
                       {"count", change.count},
                       {"parameters", change.parameters},
                       {"bytes_before", change.bytes_before},
                       {"bytes_after", change.bytes_after},
                       {"before", state_json(change.before)},
                       {"after", state_json(change.after)}});
  const ordered_json all = {{"format_version", "1.0"},
                            {"before", diff.before},
                            {"after", diff.after},
                            {"modules", diff.modules},
                            {"attention_points", diff.points},
                            {"changed", diff.changed},
                            {"changed_points", diff.changed_points},
                            {"changes", std::move(changes)},
                            {"bytes_before", diff.bytes_before},
                            {"bytes_after", diff.bytes_after},
                            {"planned_before", planned_json(diff.planned_before)},
                            {"planned_after", planned_json(diff.planned_after)},
                            {"not_planned", diff.unplanned}};
  return all.dump(2) + "\n";
}

}  // namespace lcr
