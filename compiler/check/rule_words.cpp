#include "compiler/check/rule_words.h"

#include <vector>

#include <fmt/format.h>

namespace lcr {

std::string place_of(const Sources& sources, Span span) {
  if (span.file == 0) return {};
  return fmt::format("{}:{}", sources.file(span).name(), sources.file(span).position(span.begin).line);
}

std::string one_line(const Sources& sources, Span span) {
  std::string out;
  bool space = false;
  for (char c : sources.text(span)) {
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      space = !out.empty();
      continue;
    }
    if (space) out += ' ';
    space = false;
    out += c;
  }
  return out;
}

std::string precision_words(const Assignment& assignment) {
  if (assignment.kind == Assignment::Kind::Keep) return assignment.dequantize ? "dequantize" : "keep";
  if (assignment.cache) return to_string(*assignment.cache);
  if (assignment.precision)
    return assignment.precision->name.empty() ? to_string(*assignment.precision) : assignment.precision->name;
  std::vector<std::string> names;
  for (const Candidate& candidate : assignment.candidates)
    names.push_back(candidate.precision ? candidate.precision->name : "keep");
  return fmt::format("auto [{}]", fmt::join(names, ", "));
}

std::string stack_words(const Assignment& assignment) {
  return assignment.stack ? to_string(*assignment.stack) : std::string();
}

std::string pruning_words(const Assignment& assignment) {
  if (!assignment.pruner) return {};
  std::string amount;
  if (assignment.amount && assignment.amount->share) amount = fmt::format("by {}% ", *assignment.amount->share * 100);
  else if (assignment.amount && assignment.amount->of > 0)
    amount = fmt::format("to {}:{} ", assignment.amount->keep, assignment.amount->of);
  return fmt::format("{}with {}", amount, to_string(*assignment.pruner));
}

std::string bytes_words(int64_t bytes) {
  const char* units[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (value /= 1024; value >= 1024 && unit < 3; ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace lcr
