#include "planner/allocate/allocate.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace lcr {
namespace {

AllocationProblem random_problem(std::mt19937& random, size_t limits) {
  const auto number = [&](int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); };
  AllocationProblem problem;
  const auto groups = static_cast<size_t>(number(1, 6));
  std::vector<int64_t> low(limits), high(limits);
  for (size_t g = 0; g < groups; ++g) {
    auto& options = problem.groups.emplace_back();
    const int64_t count = number(1, 4);
    for (int64_t o = 0; o < count; ++o) {
      AllocationOption& option = options.emplace_back();
      option.score = static_cast<double>(number(0, 1000)) / 8;
      for (size_t k = 0; k < limits; ++k) option.uses.push_back(number(0, 200));
    }
    for (size_t k = 0; k < limits; ++k) {
      const auto [least, most] = std::minmax_element(options.begin(), options.end(),
                                                     [&](const auto& a, const auto& b) { return a.uses[k] < b.uses[k]; });
      low[k] += least->uses[k], high[k] += most->uses[k];
    }
  }
  for (size_t k = 0; k < limits; ++k) problem.limits.push_back(number(low[k] - 3, high[k] + 3));
  return problem;
}

// The least sum of scores over all choices; negative: none meets the limits.
double by_trying_all(const AllocationProblem& problem) {
  double best = -1;
  std::vector<uint32_t> chosen(problem.groups.size(), 0);
  for (;;) {
    double score = 0;
    std::vector<int64_t> used(problem.limits.size());
    for (size_t g = 0; g < chosen.size(); ++g) {
      const AllocationOption& option = problem.groups[g][chosen[g]];
      score += option.score;
      for (size_t k = 0; k < used.size(); ++k) used[k] += option.uses[k];
    }
    bool fits = true;
    for (size_t k = 0; k < used.size(); ++k) fits = fits && used[k] <= problem.limits[k];
    if (fits && (best < 0 || score < best)) best = score;
    size_t g = 0;
    while (g < chosen.size() && ++chosen[g] == problem.groups[g].size()) chosen[g++] = 0;
    if (g == chosen.size()) return best;
  }
}

void expect_within(const AllocationProblem& problem, const Allocation& found) {
  double score = 0;
  std::vector<int64_t> used(problem.limits.size());
  for (size_t g = 0; g < found.chosen.size(); ++g) {
    const AllocationOption& option = problem.groups[g][found.chosen[g]];
    score += option.score;
    for (size_t k = 0; k < used.size(); ++k) used[k] += option.uses[k];
  }
  EXPECT_EQ(used, found.used);
  EXPECT_DOUBLE_EQ(score, found.score);
  for (size_t k = 0; k < used.size(); ++k) EXPECT_LE(used[k], problem.limits[k]);
}

TEST(Allocate, FindsTheLeastScoreUnderOneLimit) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const AllocationProblem problem = random_problem(random, 1);
    const double best = by_trying_all(problem);
    const Allocation found = allocate(problem);
    ASSERT_EQ(found.chosen.empty(), best < 0) << i;
    if (best < 0) continue;
    expect_within(problem, found);
    ASSERT_DOUBLE_EQ(found.score, best) << i;
  }
}

TEST(Allocate, AWiderLimitNeverCostsMore) {
  std::mt19937 random(2);
  for (int i = 0; i < 25; ++i) {
    AllocationProblem problem = random_problem(random, 1);
    // Uses without a common divisor, in more steps than the table has.
    for (auto& group : problem.groups)
      for (AllocationOption& option : group) option.uses[0] = option.uses[0] * 1234567 + std::uniform_int_distribution<int>(0, 999)(random);
    const Allocation bounds = allocate(problem);
    double before = 1e300;
    for (int step = 0; step <= 40; ++step) {
      problem.limits[0] = bounds.lowest[0] + (bounds.highest[0] - bounds.lowest[0]) * step / 40;
      const Allocation found = allocate(problem);
      ASSERT_FALSE(found.chosen.empty());
      expect_within(problem, found);
      ASSERT_LE(found.score, before);
      ASSERT_DOUBLE_EQ(least_scores(problem, problem.limits).front(), found.score);
      before = found.score;
    }
  }
}

TEST(Allocate, KeepsSeveralLimitsAndComesNearTheLeast) {
  std::mt19937 random(3);
  int reachable = 0, found_any = 0;
  double gap = 0;
  for (int i = 0; i < 300; ++i) {
    const AllocationProblem problem = random_problem(random, i % 2 == 0 ? 2 : 3);
    const double best = by_trying_all(problem);
    const Allocation found = allocate(problem);
    // What cannot be met is never claimed.
    ASSERT_TRUE(best >= 0 || found.chosen.empty());
    reachable += best >= 0;
    if (found.chosen.empty()) continue;
    ++found_any;
    expect_within(problem, found);
    ASSERT_GE(found.score, best - 1e-9);
    gap += (found.score - best) / std::max(best, 1.0);
  }
  EXPECT_GT(found_any, reachable * 95 / 100);
  EXPECT_LT(gap / found_any, 0.05);
}

TEST(Allocate, NamesWhatCanBeReached) {
  const AllocationProblem problem{{{{3, {10}}, {1, {20}}}, {{2, {5}}, {0, {7}}}}, {14}};
  const Allocation found = allocate(problem);
  EXPECT_TRUE(found.chosen.empty());
  EXPECT_EQ(found.lowest, std::vector<int64_t>{15});
  EXPECT_EQ(found.highest, std::vector<int64_t>{27});
}

}  // namespace
}  // namespace lcr
