#include "compiler/diff/patterns.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace lcr {
namespace {

// `*`, `7`, `{0..3,7}`
std::string numbers_text(NumberChoice numbers) {
  if (numbers.empty()) return "*";
  std::sort(numbers.begin(), numbers.end());
  std::vector<std::string> runs;
  for (size_t i = 0; i < numbers.size();) {
    size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    runs.push_back(last == i       ? fmt::format("{}", numbers[i])
                   : last == i + 1 ? fmt::format("{},{}", numbers[i], numbers[last])
                                   : fmt::format("{}..{}", numbers[i], numbers[last]));
    i = last + 1;
  }
  return numbers.size() == 1 ? runs[0] : fmt::format("{{{}}}", fmt::join(runs, ","));
}

std::vector<std::string> segments_of(const NamePattern& pattern) {
  std::vector<std::string> result;
  size_t number = 0;
  for (const std::string& segment : pattern.segments)
    result.push_back(segment == "#" ? numbers_text(pattern.numbers[number++]) : segment);
  return result;
}

}  // namespace

std::vector<std::vector<std::string>> patterns_of(const std::vector<LabelledName>& names, size_t labels) {
  // By label and what stands before the last segment, in order of first appearance.
  std::vector<std::vector<std::string>> fronts(labels);
  std::vector<std::map<std::string, std::vector<std::string>>> ends(labels);
  for (const NamePattern& pattern : factor(names)) {
    if (pattern.label < 0) continue;
    const auto label = static_cast<size_t>(pattern.label);
    std::vector<std::string> segments = segments_of(pattern);
    const std::string end = std::move(segments.back());
    segments.pop_back();
    const std::string front = fmt::format("{}", fmt::join(segments, "."));
    auto [at, added] = ends[label].try_emplace(front);
    if (added) fronts[label].push_back(front);
    at->second.push_back(end);
  }
  std::vector<std::vector<std::string>> result(labels);
  for (size_t label = 0; label < labels; ++label)
    for (const std::string& front : fronts[label]) {
      const std::vector<std::string>& last = ends[label][front];
      const std::string text = last.size() == 1 ? last[0] : fmt::format("{{{}}}", fmt::join(last, ","));
      result[label].push_back(front.empty() ? text : front + "." + text);
    }
  return result;
}

}  // namespace lcr
