#include "planner/schedule/choose.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "planner/cost/operations.h"
#include "planner/plan/names.h"

namespace lcr {
namespace {

constexpr int64_t mib = int64_t{1} << 20;

// Rows of a tile, as in Job.
int64_t tile_rows(const JobWork& work, const Setting& setting) {
  const bool apart =
      std::all_of(work.modules.begin(), work.modules.end(), [](const ModuleWork& m) { return m.rows_apart; });
  if (work.copies || !apart) return 0;
  int64_t row_bytes = 1;
  for (const ModuleWork& module : work.modules)
    row_bytes = std::max(row_bytes, (module.stored + module.rows - 1) / module.rows);
  const int64_t step = work.row_multiple;
  const int64_t rows = std::max(step, setting.piece / row_bytes / step * step);
  return rows >= work.rows() ? 0 : rows;
}

// "solve of model.layers.0.mlp.up_proj": the operation that holds most at the place.
std::string operation_name(const Plan& plan, size_t unit, size_t job, const std::vector<Operation>& operations,
                           PlaceKind place) {
  const Operation* most = nullptr;
  for (const Operation& operation : operations)
    if (operation.place == place && (most == nullptr || operation.live > most->live)) most = &operation;
  const Job& of = plan.units[unit].jobs[job];
  const auto& names = names_of(of);
  const std::string& name = names.front();
  const int64_t expert = of.experts > 0 ? of.first_expert : -1;
  return fmt::format("{} of {}", name_of(most->kind), name_in(plan.units[unit].instances.front(), name, expert));
}

}  // namespace

int64_t pinned_bytes(const Plan& plan, const PlanWork& work, const Setting& setting) {
  int64_t most = 0;
  for (size_t unit = 0; unit < work.size(); ++unit) {
    for (const JobWork& job : work[unit]) {
      const TileBytes bytes = tile_bytes(job, tile_rows(job, setting), setting.piece);
      most = std::max(most, bytes.stored + bytes.made);
    }
  }
  return plan.device == "cuda" ? most * setting.workers : 0;
}

Cost cost_of(const Plan& plan, const PlanWork& work, const Setting& setting, const Limits& limits,
             const Profile& profile) {
  const bool cuda = plan.device == "cuda";
  Cost cost;
  int64_t host = 0, device = 0, made = 0;
  double read = 0, write = 0, compute = 0, fill = 0;
  for (size_t unit = 0; unit < work.size(); ++unit) {
    for (size_t job = 0; job < work[unit].size(); ++job) {
      const JobWork& one = work[unit][job];
      const int64_t rows = tile_rows(one, setting);
      const auto operations = operations_of(one, rows, setting.piece, cuda);
      if (const int64_t live = live_bytes(operations, PlaceKind::Host); live > host)
        host = live, cost.host_set_by = operation_name(plan, unit, job, operations, PlaceKind::Host);
      if (const int64_t live = live_bytes(operations, PlaceKind::Device); live > device)
        device = live, cost.device_set_by = operation_name(plan, unit, job, operations, PlaceKind::Device);
      const TileBytes bytes = tile_bytes(one, rows, setting.piece);
      made = std::max(made, bytes.made > 0 ? bytes.made : bytes.stored);
      const double count = double(plan.units[unit].instances.size()) * double(times(plan.units[unit].jobs[job]));
      const JobSeconds seconds = seconds_of(one, rows, setting.piece, cuda, profile);
      read += seconds.read * count, write += seconds.write * count, compute += seconds.compute * count;
      fill = std::max(fill, seconds.alone);
    }
  }
  cost.host = plan.fixed_bytes + setting.workers * host;
  cost.device = setting.workers * device;
  // Reading, computing and writing overlap; each worker has one tile in flight.
  const double parallel = cuda ? compute : compute / std::min(setting.workers, std::max(1, limits.cores));
  cost.seconds =
      std::max({read, write, parallel, (read + compute) / setting.workers}) + fill + double(made) / profile.write;
  return cost;
}

Setting smallest(const Limits& limits) { return {limits.workers.value_or(1), mib}; }

std::optional<Setting> choose(const Plan& plan, const PlanWork& work, const Limits& limits, const Profile& profile) {
  // Few candidates, each cheap: units are few, whatever the model.
  std::vector<int> workers;
  if (limits.workers) {
    workers = {*limits.workers};
  } else {
    for (int count = 1; count < limits.cores; count *= 2) workers.push_back(count);
    workers.push_back(std::max(1, limits.cores));
  }
  std::optional<Setting> best;
  Cost best_cost;
  for (int count : workers) {
    for (int64_t piece = mib; piece <= 64 * mib; piece *= 2) {
      const Setting setting{count, piece};
      const Cost cost = cost_of(plan, work, setting, limits, profile);
      if (cost.host > limits.host || cost.device > limits.device || pinned_bytes(plan, work, setting) > limits.pinned)
        continue;
      // Within a hundredth of the time the smaller peak is better.
      const bool better = !best || cost.seconds < best_cost.seconds * 0.99 ||
                          (cost.seconds <= best_cost.seconds * 1.01 && cost.host < best_cost.host);
      if (better) best = setting, best_cost = cost;
    }
  }
  return best;
}

void apply(const Setting& setting, const PlanWork& work, Plan& plan) {
  plan.workers = setting.workers;
  plan.tile_bytes = setting.piece;
  for (size_t unit = 0; unit < work.size(); ++unit) {
    for (size_t job = 0; job < work[unit].size(); ++job) {
      Job& target = plan.units[unit].jobs[job];
      const int64_t rows = tile_rows(work[unit][job], setting);
      target.tile_rows = rows;
      target.passes = work[unit][job].passes;
      target.operations = operations_of(work[unit][job], rows, setting.piece, plan.device == "cuda");
    }
  }
}

}  // namespace lcr
