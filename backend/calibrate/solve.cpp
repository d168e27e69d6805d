#include "backend/calibrate/solve.h"

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/ParallelGuard.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <thread>
#include <tuple>

#include "backend/algorithms/gptq.h"
#include "backend/calibrate/pruner.h"
#include "backend/calibrate/survey.h"
#include "backend/calibrate/task_grids.h"
#include "backend/calibrate/tune_layer.h"
#include "compiler/diagnostics/codes/run.h"
#include "compiler/language/parameter.h"
#include "planner/cost/memory.h"

namespace lcr {
namespace {

FactorOptions factor_options(const Algorithm& solver) {
  return {parameter<double>(solver, "damp"), parameter<double>(solver, "damp_limit"),
          parameter<std::string>(solver, "order") == "activation"};
}

GptqOptions gptq_options(const Algorithm& solver) {
  GptqOptions options;
  options.block = parameter<int64_t>(solver, "block");
  options.dead = parameter<std::string>(solver, "dead") == "zero" ? GptqOptions::Dead::Zero : GptqOptions::Dead::Rtn;
  options.refit = parameter<std::string>(solver, "refit") == "scales";
  return options;
}

class Stage {
 public:
  Stage(const SolveContext& context, StatisticsByInput& statistics, const std::function<void(SolvedWeight)>& done,
        Diagnostics& diagnostics)
      : context_(context), statistics_(statistics), done_(done), diagnostics_(diagnostics) {}

  // Tasks that read one value and have one stack, precision and pruning.
  bool run(const std::vector<const SolveTask*>& group) {
    const Job& job = *group.front()->job;
    InputStatistics* input = input_of(group);
    std::optional<Pruner> pruner;
    if (!job.prune.empty() && !(pruner = pruner_of(group))) return false;
    if (job.precision.empty()) return prune_only(group, *pruner);
    const Algorithm& solver = context_.plan.stacks.at(job.stack).solver;
    const bool by_moment = solver.name == "gptq" && input != nullptr && input->second.defined();
    std::optional<Factor> factor;
    if (by_moment) {
      factor = factorize(input->second, factor_options(solver));
      if (!factor) return refuse(*group.front(), solver);
    }
    for (size_t begin = 0; begin < group.size();) {
      size_t end = begin;
      int64_t elements = 0;
      std::vector<Solvable> members;
      // Siblings under one global scale come together, since their tasks stand together.
      while (end < group.size() && (elements < solved_at_once || same_job(*group[end], *group[end - 1]))) {
        members.push_back({weight_of(context_, *group[end]), {}, {}});
        if (pruner) std::tie(members.back().weight, members.back().keep_mask) = pruner->prune(members.back().weight);
        elements += members.back().weight.numel();
        ++end;
      }
      const std::vector<const SolveTask*> part(group.begin() + ptrdiff_t(begin), group.begin() + ptrdiff_t(end));
      find_grids(context_, part, members, input);
      if (by_moment) {
        solve_by_moment(part, members, *factor, *input, solver);
      } else {
        round(part, members);
      }
      begin = end;
    }
    return true;
  }

  bool prune(const std::vector<const SolveTask*>& group, PrunedWeights& pruned) {
    const std::optional<Pruner> pruner = pruner_of(group);
    if (!pruner) return false;
    for (const SolveTask* task : group) {
      auto [weight, mask] = pruner->prune(weight_of(context_, *task));
      pruned[task->module] = {std::move(weight), std::move(mask)};
    }
    return true;
  }

 private:
  InputStatistics* input_of(const std::vector<const SolveTask*>& group) const {
    return group.front()->input ? &statistics_.at(*group.front()->input) : nullptr;
  }
  // Nothing when it was reported why not.
  std::optional<Pruner> pruner_of(const std::vector<const SolveTask*>& group) {
    std::optional<Pruner> pruner = make_pruner(pruning_of(*group.front()), input_of(group));
    if (!pruner) refuse(*group.front(), context_.plan.prunings.at(group.front()->job->prune).algorithm);
    return pruner;
  }
  // With the share of the task's layer.
  Pruning pruning_of(const SolveTask& task) const {
    Pruning pruning = context_.plan.prunings.at(task.job->prune);
    const auto share = context_.survey.shares.find({task.job->prune, context_.graph.modules[task.module].instance});
    if (share != context_.survey.shares.end()) pruning.share = share->second;
    return pruning;
  }
  // Stored dense.
  bool prune_only(const std::vector<const SolveTask*>& group, const Pruner& pruner) {
    for (const SolveTask* task : group) {
      const at::Tensor before = weight_of(context_, *task);
      SolvedWeight result;
      result.module = task->module;
      result.job = task->job;
      result.decoded = pruner.prune(before).first;
      result.weight_error = relative((before - result.decoded).square().sum(at::kDouble).item<double>(),
                                     before.square().sum(at::kDouble).item<double>());
      done_(std::move(result));
    }
    return true;
  }

  void solve_by_moment(const std::vector<const SolveTask*>& tasks, const std::vector<Solvable>& members, const Factor& factor,
                       const InputStatistics& input, const Algorithm& solver) {
    std::vector<Solved> solved = gptq(members, factor, input.second, input.cross, gptq_options(solver));
    for (size_t i = 0; i < tasks.size(); ++i)
      finish(*tasks[i], members[i], solved[i].grid, solved[i].codes, solved[i].decoded,
             relative(solved[i].error, solved[i].reference));
  }

  void round(const std::vector<const SolveTask*>& tasks, const std::vector<Solvable>& members) {
    for (size_t i = 0; i < tasks.size(); ++i) {
      at::Tensor codes = encode(members[i].grid, members[i].weight);
      finish(*tasks[i], members[i], members[i].grid, codes, decode(members[i].grid, codes), 0);
    }
  }

  void finish(const SolveTask& task, const Solvable& member, const Grid& grid, const at::Tensor& codes, const at::Tensor& decoded,
              double output_error) {
    SolvedWeight result;
    result.module = task.module;
    result.job = task.job;
    result.grid = grid;
    result.codes = codes;
    result.decoded = decoded;
    const double whole = member.weight.square().sum(at::kDouble).item<double>();
    result.weight_error = relative((member.weight - decoded).square().sum(at::kDouble).item<double>(), whole);
    result.output_error = output_error;
    done_(std::move(result));
  }

  bool refuse(const SolveTask& task, const Algorithm& solver) {
    std::string path(context_.graph.modules[task.module].path);
    diagnostics_
        .report(codes::L6050, fmt::format("the second moment of what `{}` reads cannot be factorized, with any damping up to {:g}%",
                                          path, 100 * parameter<double>(solver, "damp_limit")))
        .note(fmt::format("it was gathered from {} tokens of {} features", statistics_.at(*task.input).tokens,
                          context_.graph.modules[task.module].in))
        .help("calibrate with more or other data, or solve this module `with rtn`")
        .with("module", path);
    return false;
  }

  const SolveContext& context_;
  StatisticsByInput& statistics_;
  const std::function<void(SolvedWeight)>& done_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool wants_moment(const Plan& plan, const Job& job) {
  if (!job.prune.empty() && plan.prunings.at(job.prune).algorithm.name == "sparsegpt") return true;
  return !job.stack.empty() && plan.stacks.at(job.stack).solver.name == "gptq";
}

bool looks_at_data(const Plan& plan, const Job& job) {
  if (wants_moment(plan, job) || tunes(plan, job)) return true;
  if (!job.prune.empty() && plan.prunings.at(job.prune).algorithm.name == "wanda") return true;
  if (job.stack.empty()) return false;
  const Stack& stack = plan.stacks.at(job.stack);
  const bool smoothed = std::any_of(stack.transforms.begin(), stack.transforms.end(),
                                    [](const Algorithm& transform) { return transform.name != "quip"; });
  return smoothed || needs_importance(range_of(stack.solver));
}

namespace {

using Group = std::vector<const SolveTask*>;

// Tasks that read one value and have one job's words, each such lot.
std::vector<Group> groups_of(const std::vector<SolveTask>& tasks) {
  using Key = std::tuple<std::optional<InputKey>, std::string, std::string, std::string>;
  std::map<Key, Group> by_key;
  for (const SolveTask& task : tasks) by_key[{task.input, task.job->stack, task.job->precision, task.job->prune}].push_back(&task);
  std::vector<Group> groups;
  for (auto& [key, group] : by_key) groups.push_back(std::move(group));
  return groups;
}

// Whether the groups are many and each too small to fill a device: experts with inputs of their own.
bool at_once(const SolveContext& context, const std::vector<Group>& groups) {
  constexpr int64_t small = int64_t{1} << 24;
  if (groups.size() < 2 || at::Device(context.device).is_cpu()) return false;
  return std::all_of(groups.begin(), groups.end(), [&](const Group& group) {
    int64_t elements = 0;
    for (const SolveTask* task : group) elements += context.graph.modules[task->module].out * context.graph.modules[task->module].in;
    return elements <= small;
  });
}

// Groups in threads with a stream each, so that the device has several to work on; told in their order.
bool solve_at_once(const SolveContext& context, const std::vector<Group>& groups, StatisticsByInput& statistics,
                   const std::function<void(SolvedWeight)>& done, Diagnostics& diagnostics) {
  struct Outcome {
    std::vector<SolvedWeight> solved;
    Diagnostics found;
    bool good = false;
  };
  const c10::impl::VirtualGuardImpl impl(at::Device(context.device).type());
  const at::Device device = impl.getDevice();
  const c10::Stream current = impl.getStream(device);
  c10::Event ready(device.type());
  ready.record(current);
  std::vector<Outcome> outcomes(groups.size());
  std::atomic<size_t> next{0};
  std::vector<std::exception_ptr> thrown(std::min<size_t>(groups.size(), 8));
  auto work = [&](std::exception_ptr& failure) {
    const c10::InferenceMode inference;
    // One core each: they are as many as there are cores to share.
    const c10::ParallelGuard serial(true);
    try {
      const c10::Stream own = impl.getStreamFromGlobalPool(device);
      const c10::StreamGuard guard(own);
      ready.block(own);
      for (size_t i = next++; i < groups.size(); i = next++) {
        const std::function<void(SolvedWeight)> keep = [&](SolvedWeight one) { outcomes[i].solved.push_back(std::move(one)); };
        outcomes[i].good = Stage(context, statistics, keep, outcomes[i].found).run(groups[i]);
      }
      own.synchronize();
    } catch (...) {
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::exception_ptr& failure : thrown) threads.emplace_back([&] { work(failure); });
  }
  for (const std::exception_ptr& failure : thrown)
    if (failure) std::rethrow_exception(failure);
  bool good = true;
  for (Outcome& outcome : outcomes) {
    for (SolvedWeight& one : outcome.solved) {
      // Its memory belongs to the other stream.
      one.decoded.record_stream(current);
      done(std::move(one));
    }
    diagnostics.append(std::move(outcome.found));
    good = good && outcome.good;
  }
  return good;
}

}  // namespace

bool solve(const SolveContext& context, const std::vector<SolveTask>& tasks, StatisticsByInput& statistics,
           const std::function<void(SolvedWeight)>& done, Diagnostics& diagnostics) {
  const std::vector<Group> groups = groups_of(tasks);
  if (at_once(context, groups)) return solve_at_once(context, groups, statistics, done, diagnostics);
  Stage stage(context, statistics, done, diagnostics);
  return std::all_of(groups.begin(), groups.end(), [&](const Group& group) { return stage.run(group); });
}

bool prune(const SolveContext& context, const std::vector<SolveTask>& tasks, StatisticsByInput& statistics,
           PrunedWeights& pruned, Diagnostics& diagnostics) {
  const std::function<void(SolvedWeight)> unused;
  Stage stage(context, statistics, unused, diagnostics);
  const std::vector<Group> groups = groups_of(tasks);
  return std::all_of(groups.begin(), groups.end(), [&](const Group& group) {
    return group.front()->job->prune.empty() || stage.prune(group, pruned);
  });
}

}  // namespace lcr
