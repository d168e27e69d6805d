#include "planner/schedule/predict.h"

#include <algorithm>

#include <fmt/format.h>

#include "planner/cost/operations.h"
#include "planner/plan/layout.h"
#include "planner/plan/names.h"

namespace lcr {
namespace {

// Shards that are read whole, solved on all cores and written before the next is read.
Alternative naive(const PlanWork& work, const Limits& limits, const Profile& profile, const Plan& plan) {
  Alternative result{"naive"};
  const bool cuda = plan.device == "cuda";
  for (const PlannedExport& exported : plan.exports) {
    for (const OutputShard& shard : exported.shards) {
      int64_t bytes = shard.bytes;
      for (const ShardRun& run : shard.runs) {
        for_each_step(run, [&](uint32_t job, int64_t) {
          const JobWork& one = work[run.unit][job];
          bytes += one.stored() + one.decoded();
          const JobSeconds seconds = seconds_of(one, 0, INT64_MAX, cuda, profile);
          result.seconds += seconds.read + seconds.write + seconds.compute / (cuda ? 1 : std::max(1, limits.cores));
        });
      }
      if (plan.fixed_bytes + bytes > result.host_peak) {
        result.host_peak = plan.fixed_bytes + bytes;
        result.device_peak = cuda ? bytes : 0;
        result.set_by = fmt::format("all of {}", shard.file);
      }
    }
  }
  return result;
}

// On a GPU its memory is the scarce one.
Alternative alternative(std::string name, const Cost& cost, bool cuda) {
  return {std::move(name), cost.host, cost.device, cost.seconds, cuda ? cost.device_set_by : cost.host_set_by};
}

}  // namespace

void predict(const PlanWork& work, const Setting& setting, const Limits& limits, const Profile& profile, Plan& plan) {
  const bool cuda = plan.device == "cuda";
  const Cost chosen = cost_of(plan, work, setting, limits, profile);
  Prediction& predicted = plan.predicted;
  predicted.host_peak = chosen.host;
  predicted.device_peak = chosen.device;
  predicted.seconds = chosen.seconds;
  for (const Unit& unit : plan.units) {
    for (const Job& job : unit.jobs) {
      const int64_t count = int64_t(unit.instances.size()) * times(job);
      for (const Operation& operation : job.operations) {
        if (operation.kind == OperationKind::Read) predicted.bytes_read += operation.bytes_in * count;
        predicted.flops += operation.flops * double(count);
      }
    }
  }
  for (const PlannedExport& exported : plan.exports) predicted.bytes_written += exported.bytes;
  predicted.alternatives = {alternative("chosen", chosen, cuda), naive(work, limits, profile, plan),
                            alternative("smallest", cost_of(plan, work, smallest(limits), limits, profile), cuda)};
}

}  // namespace lcr
