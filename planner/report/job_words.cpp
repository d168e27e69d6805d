#include "planner/report/job_words.h"

#include <fmt/format.h>

#include "planner/plan/names.h"
#include "planner/plan/ranges.h"
#include "planner/plan/totals.h"

namespace lcr {

std::string job_names(const Job& job) {
  std::string names = fmt::format("{}", fmt::join(names_of(job), ", "));
  if (job.experts > 0) names += fmt::format(", e = {}..{}", job.first_expert, job.first_expert + job.experts - 1);
  return names;
}

std::string job_result(const Plan& plan, const Job& job) {
  if (!job.cache.empty()) {
    const CacheFormat& cache = plan.caches.at(job.cache);
    return fmt::format("{} with {}", to_string(cache.format, false), to_string(cache.solver));
  }
  std::string text = share_name(job);
  if (!job.prune.empty()) text += " pruned by " + to_string(plan.prunings.at(job.prune).algorithm);
  if (!job.stack.empty()) text += " with " + to_string(plan.stacks.at(job.stack));
  return text;
}

std::string unit_title(const Unit& unit) {
  const std::vector<std::string> places = with_ranges(unit.instances);
  if (places == std::vector<std::string>{""}) return unit.name + ": outside of layers";
  return fmt::format("{} x{}: {}", unit.name, unit.instances.size(), fmt::join(places, ", "));
}

int64_t job_bytes(const Job& job, OperationKind kind) {
  int64_t bytes = 0;
  for (const Operation& operation : job.operations)
    if (operation.kind == kind) bytes += operation.bytes_in;
  return bytes * times(job);
}

}  // namespace lcr
