#include "planner/report/assignment.h"

#include "planner/plan/names.h"
#include "planner/plan/ranges.h"
#include "planner/plan/totals.h"

namespace lcr {
namespace {

std::string stack_of(const Plan& plan, const Job& job) {
  std::string text;
  if (!job.prune.empty()) text = to_string(plan.prunings.at(job.prune).algorithm);
  if (!job.stack.empty()) text += (text.empty() ? "" : ", ") + to_string(plan.stacks.at(job.stack));
  if (!job.cache.empty()) text = to_string(plan.caches.at(job.cache).solver);
  return text;
}

}  // namespace

std::vector<AssignmentRow> assignment_of(const Plan& plan) {
  std::vector<AssignmentRow> rows;
  for (const Unit& unit : plan.units) {
    const size_t first = rows.size();
    for (const Job& job : unit.jobs) {
      const std::string precision =
          job.cache.empty() ? share_name(job) : to_string(plan.caches.at(job.cache).format, false);
      const std::string stack = stack_of(plan, job);
      size_t at = first;
      while (at < rows.size() && (rows[at].precision != precision || rows[at].stack != stack)) ++at;
      if (at == rows.size()) rows.push_back({{}, precision, stack});
      for (const std::string& place : with_ranges(unit.instances))
        for (const std::string& name : names_of(job)) rows[at].names.push_back(name_in(place, name));
    }
  }
  return rows;
}

}  // namespace lcr
