#include <fmt/format.h>

#include "compiler/check/rule_words.h"
#include "compiler/diff/words.h"

namespace lcr {
namespace {

// A text in code marks within a table: a bar would end the cell, a backtick the marks.
std::string code(const std::string& text) {
  std::string inner;
  for (char c : text) {
    if (c == '|') inner += "\\|";
    else inner += c;
  }
  return text.find('`') == std::string::npos ? fmt::format("`{}`", inner) : fmt::format("`` {} ``", inner);
}

std::string names_cell(const Change& change) {
  std::string text;
  for (size_t i = 0; i < change.names.size() && i < 8; ++i) text += (i == 0 ? "" : "<br>") + code(change.names[i]);
  if (change.names.size() > 8) text += fmt::format("<br>and {} more", change.names.size() - 8);
  return text;
}

std::string bytes_cell(const Change& change) {
  if (change.points || change.bytes_before == change.bytes_after) return "";
  return fmt::format("{} → {}", bytes_words(change.bytes_before), bytes_words(change.bytes_after));
}

std::string row(std::string_view what, const std::string& before, const std::string& after, const std::string& delta) {
  return fmt::format("| {} | {} | {} | {} |\n", what, before, after, delta);
}

}  // namespace

std::string diff_markdown(const RecipeDiff& diff) {
  std::string text = fmt::format("### {} → {}\n\n**{}.**\n", code(diff.before), code(diff.after), headline(diff));
  if (!diff.changes.empty()) text += "\n| modules | count | before | after | bytes |\n|---|---:|---|---|---:|\n";
  for (const Change& change : diff.changes) {
    const bool words = change.what.size() == 1 && change.what[0] == "rule";
    text += fmt::format("| {} | {} | {}<br>{} | {}<br>{} | {} |\n", names_cell(change), change.count,
                        code(words ? change.before.rule : state_words(change.before)), change.before.place,
                        code(words ? change.after.rule : state_words(change.after)), change.after.place,
                        bytes_cell(change));
  }
  text += "\n| | before | after | |\n|---|---:|---:|---:|\n";
  text += row("output", bytes_words(diff.bytes_before), bytes_words(diff.bytes_after),
              delta_words(diff.bytes_before, diff.bytes_after));
  if (diff.planned_before && diff.planned_after) {
    const PlannedNumbers &a = *diff.planned_before, &b = *diff.planned_after;
    text += row("predicted host peak", bytes_words(a.host_peak), bytes_words(b.host_peak),
                delta_words(a.host_peak, b.host_peak));
    if (a.device_peak > 0 || b.device_peak > 0)
      text += row("predicted device peak", bytes_words(a.device_peak), bytes_words(b.device_peak),
                  delta_words(a.device_peak, b.device_peak));
    text +=
        row("predicted time", seconds_words(a.seconds), seconds_words(b.seconds), percent_words(a.seconds, b.seconds));
  }
  for (const std::string& why : diff.unplanned) text += fmt::format("\nNot planned: {}\n", why);
  return text;
}

}  // namespace lcr
