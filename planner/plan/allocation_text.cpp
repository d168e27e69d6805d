#include "planner/plan/allocation_text.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "planner/plan/size_text.h"

namespace lcr {

std::string limit_text(const SpentLimit& limit, double value) {
  if (limit.what == "size") return size_text(static_cast<int64_t>(std::ceil(value)));
  return limit.what == "kl" ? fmt::format("{:.4g}", value) : fmt::format("{:.4g}bpw", value);
}

std::vector<std::string> limit_lines(const PlannedAllocation& allocation) {
  std::vector<std::string> lines;
  for (const SpentLimit& one : allocation.limits)
    lines.push_back(fmt::format("{} <= {}{}: {} ({} to {} can be reached)", one.what, limit_text(one, one.limit),
                                one.over.empty() ? "" : " over " + one.over, limit_text(one, one.used),
                                limit_text(one, one.lowest), limit_text(one, one.highest)));
  return lines;
}

std::vector<std::string> choice_counts(const PlannedAllocation& allocation) {
  std::map<std::string, size_t> counts;
  for (const AllocatedGroup& group : allocation.groups) ++counts[group.candidates[group.chosen]];
  std::vector<std::pair<std::string, size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> lines;
  for (const auto& [name, count] : sorted)
    lines.push_back(fmt::format("{} of {} {} {} {}", count, allocation.groups.size(), allocation.groups.size() == 1 ? "group" : "groups",
                                name == "keep" ? (count == 1 ? "is" : "are") : (count == 1 ? "gets" : "get"),
                                name == "keep" ? "kept" : name));
  return lines;
}

std::string next_text(const PlannedAllocation& allocation) {
  if (allocation.frontier.empty() || allocation.limits.empty() || allocation.next.score >= allocation.score) return {};
  return fmt::format("{} more would take the score from {:.4g} to {:.4g}", limit_text(allocation.limits.front(), allocation.next.limit),
                     allocation.score, allocation.next.score);
}

std::vector<std::string> candidate_lines(const AllocatedGroup& group) {
  std::vector<std::string> lines;
  for (size_t c = 0; c < group.candidates.size(); ++c)
    lines.push_back(fmt::format("{}, {}: {:.4g}", group.candidates[c], size_text(group.bytes[c]), group.scores[c]));
  return lines;
}

std::vector<size_t> by_sensitivity(const PlannedAllocation& allocation) {
  std::vector<double> lost;
  for (const AllocatedGroup& group : allocation.groups) {
    const auto lightest = std::min_element(group.bytes.begin(), group.bytes.end()) - group.bytes.begin();
    lost.push_back(group.scores[static_cast<size_t>(lightest)] / std::max<double>(1, static_cast<double>(group.parameters)));
  }
  std::vector<size_t> order(lost.size());
  for (size_t g = 0; g < order.size(); ++g) order[g] = g;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return lost[a] > lost[b]; });
  return order;
}

}  // namespace lcr
