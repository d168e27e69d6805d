#include "planner/allocate/spend.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "compiler/check/rule_words.h"
#include "compiler/check/sizes.h"
#include "compiler/diagnostics/check.h"
#include "compiler/diagnostics/codes/planning.h"
#include "compiler/select/select.h"
#include "planner/allocate/active.h"
#include "planner/allocate/allocate.h"
#include "planner/plan/size_text.h"

namespace lcr {
namespace {

// Uses are whole numbers: of nats a thousand millionth.
constexpr double nano = 1e9;
constexpr int frontier_points = 12;

// One limit of the budget as the knapsack counts it: use = fixed + what the groups use, in units of `scale` a reported one.
struct Meter {
  const BudgetLimit* limit = nullptr;
  std::vector<double> of_module;  // factor on the module's bits; empty: bytes or nats
  double scale = 1;               // bits a weight: the weights that are counted
  int64_t fixed = 0;
};

class Spender {
 public:
  Spender(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, const Checkpoint& checkpoint,
          const Sources& sources, const std::vector<AutoGroup>& groups, const Scores& scores, int64_t size_less)
      : recipe_(recipe), typed_(typed), graph_(graph), checkpoint_(checkpoint), sources_(sources), groups_(groups),
        scores_(scores), size_less_(size_less), in_group_(graph.modules.size()) {
    for (const AutoGroup& group : groups)
      for (uint32_t m : group.modules) in_group_[m] = true;
  }

  std::optional<Spent> run(Diagnostics& diagnostics) {
    const auto& limits = recipe_.budget->limits;
    for (const BudgetLimit& limit : limits) meters_.push_back(meter_of(limit));
    // What is read of the first limit is exact, and nats are no place to look for a bit more.
    std::stable_partition(meters_.begin(), meters_.end(), [](const Meter& one) { return one.limit->what != "kl"; });
    AllocationProblem problem = problem_of();
    const Allocation found = allocate(problem);
    if (found.chosen.empty()) {
      refuse(found, problem, diagnostics);
      return std::nullopt;
    }
    Spent spent;
    spent.chosen.assign(graph_.modules.size(), -1);
    for (size_t g = 0; g < groups_.size(); ++g)
      for (uint32_t m : groups_[g].modules) spent.chosen[m] = static_cast<int32_t>(found.chosen[g]);
    describe(found, problem, spent.allocation);
    return spent;
  }

 private:
  const Precision* precision(const AutoGroup& group, size_t candidate) const {
    const auto& one = group.candidates[candidate].precision;
    return one ? &*one : nullptr;
  }
  ModuleBytes bytes(uint32_t m, const Precision* precision) const {
    return exported_bytes_as(graph_, checkpoint_, typed_, m, precision);
  }
  static int64_t bits(const Meter& meter, uint32_t m, const ModuleBytes& bytes) {
    return std::llround(std::ceil(8.0 * static_cast<double>(bytes.weight) * meter.of_module[m] - 1e-6));
  }

  Meter meter_of(const BudgetLimit& limit) const {
    Meter meter;
    meter.limit = &limit;
    if (limit.what == "kl") meter.scale = nano;
    if (limit.what == "size") {
      meter.fixed = size_less_;
      for (uint32_t m = 0; m < in_group_.size(); ++m)
        if (!in_group_[m]) meter.fixed += exported_bytes_of(graph_, checkpoint_, typed_, m).all;
    }
    if (!limit.over) return meter;
    Diagnostics said;
    Selector selector(recipe_, graph_, said);
    std::vector<double> shares(graph_.modules.size(), 1);
    if (limit.what == "active") shares = active_shares(graph_);
    meter.of_module.assign(graph_.modules.size(), 0);
    meter.scale = 0;
    for (uint32_t m : selector.match(*limit.over).members()) {
      const ModuleBytes now = exported_bytes_of(graph_, checkpoint_, typed_, m);
      // A weight that another module owns counts there.
      if (now.weight == 0) continue;
      meter.of_module[m] = shares[m];
      meter.scale += shares[m] * static_cast<double>(graph_.modules[m].out * graph_.modules[m].in);
      if (!in_group_[m]) meter.fixed += bits(meter, m, now);
    }
    return meter;
  }

  int64_t use(const Meter& meter, size_t g, size_t candidate) const {
    if (meter.limit->what == "kl") return std::llround(std::ceil(scores_.groups[g].of_candidates[candidate] * nano));
    int64_t total = 0;
    for (uint32_t m : groups_[g].modules) {
      if (!meter.of_module.empty() && meter.of_module[m] == 0) continue;
      const ModuleBytes one = bytes(m, precision(groups_[g], candidate));
      total += meter.of_module.empty() ? one.all : bits(meter, m, one);
    }
    return total;
  }

  // A limit on the divergence alone asks for the smallest model within it.
  bool by_size() const { return meters_.front().limit->what == "kl"; }

  int64_t group_bytes(size_t g, size_t candidate) const {
    int64_t total = 0;
    for (uint32_t m : groups_[g].modules) total += bytes(m, precision(groups_[g], candidate)).all;
    return total;
  }

  AllocationProblem problem_of() const {
    AllocationProblem problem;
    for (const Meter& meter : meters_)
      problem.limits.push_back(static_cast<int64_t>(std::floor(meter.limit->limit * meter.scale * (1 + 1e-12))) - meter.fixed);
    for (size_t g = 0; g < groups_.size(); ++g) {
      auto& options = problem.groups.emplace_back();
      for (size_t c = 0; c < groups_[g].candidates.size(); ++c) {
        AllocationOption& option = options.emplace_back();
        option.score = by_size() ? static_cast<double>(group_bytes(g, c)) : scores_.groups[g].of_candidates[c];
        for (const Meter& meter : meters_) option.uses.push_back(use(meter, g, c));
      }
    }
    return problem;
  }

  // In the limit's own unit.
  static double reported(const Meter& meter, int64_t used) {
    return meter.scale > 0 ? static_cast<double>(used + meter.fixed) / meter.scale : 0;
  }
  static std::string words(const Meter& meter, double value) {
    if (meter.limit->what == "size") return size_text(static_cast<int64_t>(std::ceil(value)));
    return meter.limit->what == "kl" ? fmt::format("{:.6g}", value) : fmt::format("{:.6g}bpw", value);
  }

  // "W4A4 takes 4.125bpw": the lightest candidates of the groups that the limit is over.
  std::string lightest(size_t k, const AllocationProblem& problem) const {
    std::set<std::string> names;
    for (size_t g = 0; g < groups_.size(); ++g) {
      const auto& options = problem.groups[g];
      const auto least = std::min_element(options.begin(), options.end(),
                                          [&](const auto& a, const auto& b) { return a.uses[k] < b.uses[k]; });
      names.insert(candidate_names(groups_[g].candidates)[static_cast<size_t>(least - options.begin())]);
    }
    return fmt::format("{}", fmt::join(names, ", "));
  }

  void refuse(const Allocation& found, const AllocationProblem& problem, Diagnostics& diagnostics) const {
    for (size_t k = 0; k < meters_.size(); ++k) {
      if (found.lowest[k] <= problem.limits[k]) continue;
      const Meter& meter = meters_[k];
      const double lowest = reported(meter, found.lowest[k]);
      diagnostics
          .report(codes::L5001, meter.limit->span, "the budget cannot be met", fmt::format("lowest reachable is {}", words(meter, lowest)))
          .note(fmt::format("reached with {} everywhere{}", lightest(k, problem),
                            meter.fixed > 0 ? fmt::format("; {} of it is not to be chosen", words(meter, reported(meter, 0))) : ""))
          .help("raise the limit, add a smaller candidate, or count other modules with `over`")
          .with("lowest", lowest)
          .with("limit", meter.limit->limit);
      return;
    }
    Diagnostic& diagnostic =
        diagnostics.report(codes::L5001, recipe_.budget->span, "the limits of the budget cannot be met together");
    for (size_t k = 0; k < meters_.size(); ++k)
      diagnostic.note(fmt::format("`{}` alone could go down to {}", meters_[k].limit->what, words(meters_[k], reported(meters_[k], found.lowest[k]))));
    diagnostic.help("raise one of them, or add a smaller candidate");
  }

  void describe(const Allocation& found, const AllocationProblem& problem, PlannedAllocation& result) const {
    result.measure = scores_.measure;
    result.samples = scores_.samples;
    result.request = scores_.request;
    result.model = scores_.model;
    result.data = scores_.data;
    for (size_t k = 0; k < meters_.size(); ++k) {
      const BudgetLimit& limit = *meters_[k].limit;
      result.limits.push_back({limit.what, limit.over ? one_line(sources_, limit.over->span) : "", limit.limit,
                               reported(meters_[k], found.used[k]), reported(meters_[k], found.lowest[k]),
                               reported(meters_[k], found.highest[k])});
    }
    for (size_t g = 0; g < groups_.size(); ++g) {
      AllocatedGroup group{groups_[g].name, static_cast<int64_t>(groups_[g].modules.size()), groups_[g].parameters,
                           found.chosen[g], candidate_names(groups_[g].candidates), {}, scores_.groups[g].of_candidates};
      for (size_t c = 0; c < group.candidates.size(); ++c) group.bytes.push_back(group_bytes(g, c));
      result.score += group.scores[group.chosen];
      result.groups.push_back(std::move(group));
    }
    if (!by_size()) draw_frontier(found, problem, result);
  }

  void draw_frontier(const Allocation& found, const AllocationProblem& problem, PlannedAllocation& result) const {
    const Meter& meter = meters_.front();
    std::set<int64_t> limits{problem.limits[0]};
    for (int i = 0; i < frontier_points; ++i)
      limits.insert(found.lowest[0] + (found.highest[0] - found.lowest[0]) * i / (frontier_points - 1));
    const double step = meter.limit->what == "size" ? meter.limit->limit / 100 : 0.1;
    std::vector<int64_t> asked(limits.begin(), limits.end());
    asked.push_back(problem.limits[0] + std::llround(step * meter.scale));
    const std::vector<double> scores = least_scores(problem, asked);
    for (size_t i = 0; i + 1 < asked.size(); ++i)
      if (std::isfinite(scores[i])) result.frontier.push_back({reported(meter, asked[i]), scores[i]});
    result.next = {step, std::min(scores.back(), result.score)};
  }

  const Recipe& recipe_;
  const TypedRecipe& typed_;
  const ModelGraph& graph_;
  const Checkpoint& checkpoint_;
  const Sources& sources_;
  const std::vector<AutoGroup>& groups_;
  const Scores& scores_;
  int64_t size_less_;
  std::vector<bool> in_group_;
  std::vector<Meter> meters_;
};

}  // namespace

std::optional<Spent> spend(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, const Checkpoint& checkpoint,
                           const Sources& sources, const std::vector<AutoGroup>& groups, const Scores& scores,
                           int64_t size_less, Diagnostics& diagnostics) {
  LCR_CHECK(recipe.budget && groups.size() == scores.groups.size(), "scores of other groups");
  return Spender(recipe, typed, graph, checkpoint, sources, groups, scores, size_less).run(diagnostics);
}

}  // namespace lcr
