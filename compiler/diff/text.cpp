#include <fmt/format.h>

#include "compiler/check/rule_words.h"
#include "compiler/diff/words.h"

namespace lcr {
namespace {

std::string line(std::string_view what, const std::string& before, const std::string& after, const std::string& delta) {
  return fmt::format("{:<14}{:>12} -> {:<12}  {}\n", what, before, after, delta);
}

std::string change_text(const Change& change) {
  std::string text = fmt::format("{} {}\n", change.count,
                                 change.points       ? "attention points"
                                 : change.count == 1 ? "module"
                                                     : "modules");
  for (const std::string& name : change.names) text += fmt::format("    {}\n", name);
  const std::string before = state_words(change.before), after = state_words(change.after);
  if (before != after) {
    text += fmt::format("  - {}  ({})\n  + {}  ({})\n", before, change.before.place, after, change.after.place);
  } else {
    text += fmt::format("  = {}\n", after);
  }
  if (change.before.rule != change.after.rule)
    text += fmt::format("    rule: {}  ({})\n      to: {}  ({})\n", change.before.rule, change.before.place,
                        change.after.rule, change.after.place);
  if (change.bytes_before != change.bytes_after)
    text += fmt::format("    {} -> {} ({})\n", bytes_words(change.bytes_before), bytes_words(change.bytes_after),
                        delta_words(change.bytes_before, change.bytes_after));
  return text;
}

}  // namespace

std::string diff_text(const RecipeDiff& diff) {
  std::string text = fmt::format("{} -> {}: {}\n", diff.before, diff.after, headline(diff));
  for (const Change& change : diff.changes) text += "\n" + change_text(change);
  text += "\n" + line("output", bytes_words(diff.bytes_before), bytes_words(diff.bytes_after),
                      delta_words(diff.bytes_before, diff.bytes_after));
  if (diff.planned_before && diff.planned_after) {
    const PlannedNumbers &a = *diff.planned_before, &b = *diff.planned_after;
    text +=
        line("host peak", bytes_words(a.host_peak), bytes_words(b.host_peak), delta_words(a.host_peak, b.host_peak));
    if (a.device_peak > 0 || b.device_peak > 0)
      text += line("device peak", bytes_words(a.device_peak), bytes_words(b.device_peak),
                   delta_words(a.device_peak, b.device_peak));
    text += line("time", seconds_words(a.seconds), seconds_words(b.seconds), percent_words(a.seconds, b.seconds));
  }
  for (const std::string& why : diff.unplanned) text += fmt::format("not planned: {}\n", why);
  return text;
}

}  // namespace lcr
