#include "planner/plan/totals.h"

#include "planner/plan/names.h"

namespace lcr {

std::string share_name(const Job& job) {
  if (!job.precision.empty()) return job.precision;
  if (!job.points.empty()) return job.cache + " cache";
  if (!job.matrices.empty()) return "matrices";
  return job.tensors.empty() ? "dense" : "copied";
}

Shares shares_of(const Unit& unit) {
  Shares shares;
  for (const Job& job : unit.jobs) {
    Share& share = shares[share_name(job)];
    const int64_t count = times(job);
    share.modules += int64_t(names_of(job).size()) * count;
    if (job.operations.empty()) continue;
    share.before += job.operations.front().bytes_in / job.passes * count;
    share.after += job.operations.back().bytes_out * count;
  }
  return shares;
}

Shares shares_of(const Plan& plan) {
  Shares total;
  for (const Unit& unit : plan.units) {
    for (const auto& [name, share] : shares_of(unit)) {
      Share& sum = total[name];
      const auto count = int64_t(unit.instances.size());
      sum.modules += share.modules * count;
      sum.before += share.before * count;
      sum.after += share.after * count;
    }
  }
  return total;
}

}  // namespace lcr
