#include "planner/allocate/allocate.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace lcr {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

// Least scores by use of the first limit, in cells, one group after the other. Uses are rounded up to cells, which do not
// depend on the limit.
class Table {
 public:
  Table(const AllocationProblem& problem, int64_t most_cells) : problem_(problem) {
    int64_t divisor = 0, range = 0;
    for (const auto& group : problem.groups) {
      int64_t least = group[0].uses[0], most = least;
      for (const AllocationOption& option : group) {
        least = std::min(least, option.uses[0]);
        most = std::max(most, option.uses[0]);
      }
      for (const AllocationOption& option : group) divisor = std::gcd(divisor, option.uses[0] - least);
      least_.push_back(least);
      base_ += least;
      range += most - least;
    }
    if (divisor == 0) divisor = 1;
    unit_ = range / divisor <= most_cells ? divisor : (range + most_cells - 1) / most_cells;
    for (size_t g = 0; g < problem.groups.size(); ++g) {
      int64_t most = 0;
      for (const AllocationOption& option : problem.groups[g]) most = std::max(most, weight(g, option));
      cells_ += most;
    }
  }

  // With what the other limits count priced: `prices[0]` is not looked at.
  void fill(const std::vector<double>& prices) {
    const auto width = static_cast<size_t>(cells_ + 1);
    best_.assign(width, 0);
    taken_.assign(problem_.groups.size() * width, 0);
    std::vector<double> next(width);
    for (size_t g = 0; g < problem_.groups.size(); ++g) {
      std::fill(next.begin(), next.end(), infinite);
      const auto& group = problem_.groups[g];
      // The lightest comes first, so that equal scores take the least.
      std::vector<uint32_t> order(group.size());
      std::iota(order.begin(), order.end(), 0u);
      std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return group[a].uses[0] < group[b].uses[0]; });
      for (uint32_t o : order) {
        const auto w = static_cast<size_t>(weight(g, group[o]));
        const double score = priced(group[o], prices);
        for (size_t c = w; c < width; ++c) {
          if (best_[c - w] + score >= next[c]) continue;
          next[c] = best_[c - w] + score;
          taken_[g * width + c] = static_cast<uint16_t>(o);
        }
      }
      std::swap(best_, next);
    }
  }

  // Nothing when the limit is below what any choice uses.
  std::optional<std::vector<uint32_t>> choice(int64_t limit) const {
    if (limit < base_) return std::nullopt;
    auto c = static_cast<size_t>(cell_of(limit));
    std::vector<uint32_t> chosen(problem_.groups.size());
    for (size_t g = chosen.size(); g-- > 0;) {
      chosen[g] = taken_[g * static_cast<size_t>(cells_ + 1) + c];
      c -= static_cast<size_t>(weight(g, problem_.groups[g][chosen[g]]));
    }
    return chosen;
  }
  double score(int64_t limit) const { return limit < base_ ? infinite : best_[static_cast<size_t>(cell_of(limit))]; }

 private:
  int64_t weight(size_t group, const AllocationOption& option) const {
    return (option.uses[0] - least_[group] + unit_ - 1) / unit_;
  }
  int64_t cell_of(int64_t limit) const { return std::min(cells_, (limit - base_) / unit_); }
  static double priced(const AllocationOption& option, const std::vector<double>& prices) {
    double score = option.score;
    for (size_t k = 1; k < prices.size(); ++k) score += prices[k] * static_cast<double>(option.uses[k]);
    return score;
  }

  const AllocationProblem& problem_;
  std::vector<int64_t> least_;  // use of every group's lightest option
  int64_t base_ = 0, unit_ = 1, cells_ = 0;
  std::vector<double> best_;
  std::vector<uint16_t> taken_;
};

double score_of(const AllocationProblem& problem, const std::vector<uint32_t>& chosen) {
  double score = 0;
  for (size_t g = 0; g < chosen.size(); ++g) score += problem.groups[g][chosen[g]].score;
  return score;
}

std::vector<int64_t> used_by(const AllocationProblem& problem, const std::vector<uint32_t>& chosen) {
  std::vector<int64_t> used(problem.limits.size());
  for (size_t g = 0; g < chosen.size(); ++g)
    for (size_t k = 0; k < used.size(); ++k) used[k] += problem.groups[g][chosen[g]].uses[k];
  return used;
}

bool holds(const AllocationProblem& problem, const std::vector<int64_t>& used) {
  for (size_t k = 0; k < used.size(); ++k)
    if (used[k] > problem.limits[k]) return false;
  return true;
}

// Prices for all limits but the first, one after the other: each the lowest at which its limit holds beside the others'.
class Pricing {
 public:
  explicit Pricing(const AllocationProblem& problem)
      : problem_(problem), table_(problem, int64_t{1} << 13), prices_(problem.limits.size(), 0) {}

  std::vector<uint32_t> run() {
    const size_t passes = prices_.size() > 2 ? 3 : 1;
    for (size_t pass = 0; pass < passes; ++pass)
      for (size_t k = 1; k < prices_.size(); ++k) price(k);
    improve();
    return best_;
  }

 private:
  // Whether limit k holds at this price; keeps the best choice that meets all.
  bool attempt(size_t k, double price) {
    prices_[k] = price;
    table_.fill(prices_);
    const auto chosen = table_.choice(problem_.limits[0]);
    if (!chosen) return false;
    const std::vector<int64_t> used = used_by(problem_, *chosen);
    if (holds(problem_, used) && (best_.empty() || score_of(problem_, *chosen) < score_of(problem_, best_))) best_ = *chosen;
    return used[k] <= problem_.limits[k];
  }

  void price(size_t k) {
    constexpr int doublings = 60, halvings = 20;
    if (attempt(k, 0)) return;
    double high = 1e-12;
    for (int i = 0; i < doublings && !attempt(k, high); ++i) high *= 4;
    double low = high / 4;
    for (int i = 0; i < halvings; ++i) (attempt(k, (low + high) / 2) ? high : low) = (low + high) / 2;
    prices_[k] = high;
  }

  // What is left of the limits: the largest gain of one group, as long as there is one.
  void improve() {
    if (best_.empty()) return;
    for (bool found = true; found;) {
      found = false;
      std::vector<uint32_t> better = best_;
      double gain = 0;
      const std::vector<int64_t> used = used_by(problem_, best_);
      for (size_t g = 0; g < best_.size(); ++g)
        for (uint32_t o = 0; o < problem_.groups[g].size(); ++o) {
          const AllocationOption &now = problem_.groups[g][best_[g]], &then = problem_.groups[g][o];
          if (now.score - then.score <= gain) continue;
          std::vector<int64_t> after = used;
          for (size_t k = 0; k < after.size(); ++k) after[k] += then.uses[k] - now.uses[k];
          if (!holds(problem_, after)) continue;
          gain = now.score - then.score;
          better = best_;
          better[g] = o;
          found = true;
        }
      best_ = std::move(better);
    }
  }

  const AllocationProblem& problem_;
  Table table_;
  std::vector<double> prices_;
  std::vector<uint32_t> best_;
};

void find_bounds(const AllocationProblem& problem, Allocation& result) {
  result.lowest.assign(problem.limits.size(), 0);
  result.highest.assign(problem.limits.size(), 0);
  for (const auto& group : problem.groups)
    for (size_t k = 0; k < problem.limits.size(); ++k) {
      const auto [least, most] = std::minmax_element(
          group.begin(), group.end(), [&](const auto& a, const auto& b) { return a.uses[k] < b.uses[k]; });
      result.lowest[k] += least->uses[k];
      result.highest[k] += most->uses[k];
    }
}

// A row of the table for every group: few groups may have many cells.
int64_t most_cells(const AllocationProblem& problem) {
  return std::clamp<int64_t>((int64_t{1} << 27) / static_cast<int64_t>(problem.groups.size() + 1), 1 << 10, 1 << 16);
}

}  // namespace

Allocation allocate(const AllocationProblem& problem) {
  Allocation result;
  find_bounds(problem, result);
  Table table(problem, most_cells(problem));
  table.fill({});
  auto chosen = table.choice(problem.limits[0]);
  if (!chosen) return result;
  if (!holds(problem, used_by(problem, *chosen))) chosen = Pricing(problem).run();
  result.chosen = std::move(*chosen);
  if (result.chosen.empty() && !problem.groups.empty()) return result;
  result.score = score_of(problem, result.chosen);
  result.used = used_by(problem, result.chosen);
  return result;
}

std::vector<double> least_scores(const AllocationProblem& problem, const std::vector<int64_t>& limits) {
  Table table(problem, most_cells(problem));
  table.fill({});
  std::vector<double> scores;
  for (int64_t limit : limits) scores.push_back(table.score(limit));
  return scores;
}

}  // namespace lcr
