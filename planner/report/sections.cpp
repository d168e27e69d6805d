#include <fmt/format.h>
#include <fmt/ranges.h>

#include "planner/plan/size_text.h"
#include "planner/report/drawings.h"
#include "planner/report/page.h"
#include "planner/report/words.h"

namespace lcr {

std::string facts_table(const RunReport& report) {
  std::string text = "<table class=\"facts\">";
  for (const auto& [name, value] : facts(report))
    text += fmt::format("<tr><th>{}</th><td><code>{}</code></td></tr>\n", escaped(name), escaped(value));
  return text + "</table>\n";
}

std::string size_section(const RunReport& report) {
  std::string text = "<h2>Size</h2>\n" + size_drawing(report);
  text += fmt::format(
      "<table><tr><th>precision</th><th class=\"n\">tensors</th><th class=\"n\">before</th>"
      "<th class=\"n\">{}</th></tr>\n",
      after_words(report));
  for (const SizeRow& row : report.sizes)
    text += fmt::format(
        "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        escaped(row.precision), row.modules, size_text(row.before), size_text(row.after));
  return text + "</table>\n";
}

std::string map_section(const RunReport& report) {
  std::string text =
      "<h2>Precision map</h2>\n<p class=\"lead\">Point at a place to read it.</p>\n" + bits_legend(report);
  for (const PrecisionMap& map : report.maps) {
    text +=
        fmt::format("<h3>{}</h3>\n", map.stack.empty() ? "outside of layers" : escaped(map.stack)) + bits_drawing(map);
    const std::string errors = errors_drawing(map);
    if (!errors.empty()) text += "<h3>largest relative error</h3>\n" + errors_legend() + errors;
  }
  return text;
}

std::string assignment_section(const RunReport& report) {
  std::string text = fmt::format(
      "<details><summary>what every module gets: {} lines</summary>\n<table><tr><th>modules</th><th>precision</th>"
      "<th>with</th></tr>\n",
      report.assignment.size());
  for (const AssignmentRow& row : report.assignment)
    text += fmt::format("<tr><td><code>{}</code></td><td><code>{}</code></td><td><code>{}</code></td></tr>\n",
                        escaped(fmt::format("{}", fmt::join(row.names, " "))), escaped(row.precision), escaped(row.stack));
  return text + "</table></details>\n";
}

std::string origins_table(const RunReport& report) {
  std::string text = "<table><tr><th>made from</th><th></th><th>hash</th></tr>\n";
  for (const Origin& origin : report.origins)
    if (origin.kind != "stdlib")
      text += fmt::format("<tr><td>{}</td><td><code>{}</code></td><td><code>{:016x}</code></td></tr>\n",
                          escaped(origin.kind), escaped(origin.name), origin.hash);
  return text + "</table>\n";
}

}  // namespace lcr
