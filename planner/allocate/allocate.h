#pragma once

#include <cstdint>
#include <optional>
#include <vector>

// Which candidate every group gets: the multiple-choice knapsack of a budget. Pure arithmetic.
namespace lcr {

struct AllocationOption {
  double score = 0;            // less is better
  std::vector<int64_t> uses;   // of every limit
};

struct AllocationProblem {
  std::vector<std::vector<AllocationOption>> groups;  // each has an option, each option a use for every limit
  std::vector<int64_t> limits;                        // at least one
};

struct Allocation {
  std::vector<uint32_t> chosen;  // option of every group; empty: no choice was found that meets all limits together
  double score = 0;
  std::vector<int64_t> used;             // of every limit
  std::vector<int64_t> lowest, highest;  // of every limit, that any choice uses
};

// The sum of the scores is the least under the first limit, exactly where what it counts comes in few multiples of one
// number (layers that are alike do), else to 1/65536 of what there is to choose between; a wider limit never gives a larger
// sum. Further limits get prices (Lagrange multipliers), so that the sum is the least but for the gap of that bound.
Allocation allocate(const AllocationProblem& problem);

// The least sum of scores for each value of the first limit, whatever the others say; infinite where none is low enough.
std::vector<double> least_scores(const AllocationProblem& problem, const std::vector<int64_t>& limits);

}  // namespace lcr
