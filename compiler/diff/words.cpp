#include "compiler/diff/words.h"

#include <fmt/format.h>

#include "compiler/check/rule_words.h"

namespace lcr {

std::string state_words(const ModuleState& state) {
  std::string text = state.precision;
  if (!state.stack.empty()) text += " with " + state.stack;
  if (!state.pruning.empty()) text += "; prune " + state.pruning;
  return text;
}

std::string delta_words(int64_t before, int64_t after) {
  if (before == after) return "0 B";
  return fmt::format("{}{}", after > before ? "+" : "-", bytes_words(after > before ? after - before : before - after));
}

std::string headline(const RecipeDiff& diff) {
  if (diff.empty()) return "no module changes";
  if (!diff.differs()) return "no module changes, and rules are written in other words";
  const std::string points =
      diff.changed_points == 0 ? "" : fmt::format(" and {} of {} attention points", diff.changed_points, diff.points);
  return fmt::format("{} of {} modules{} change", diff.changed, diff.modules, points);
}

std::string seconds_words(double seconds) {
  if (seconds < 90) return fmt::format("{:.1f} s", seconds);
  return seconds < 5400 ? fmt::format("{:.1f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600);
}

std::string percent_words(double before, double after) {
  if (before <= 0) return {};
  return fmt::format("{:+.1f}%", (after - before) / before * 100);
}

}  // namespace lcr
