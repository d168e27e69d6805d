#pragma once

#include <string>
#include <vector>

#include "planner/plan/allocation.h"

namespace lcr {

// A value of a limit in its unit: "3.125bpw", "1.21 GiB", "0.02".
std::string limit_text(const SpentLimit& limit, double value);
// "weights <= 3.5bpw over type(linear): 3.49bpw (2.13bpw to 8.25bpw can be reached)", one a limit.
std::vector<std::string> limit_lines(const PlannedAllocation& allocation);
// "12 of 36 groups get W4A16", by candidate, those with most groups first.
std::vector<std::string> choice_counts(const PlannedAllocation& allocation);
// "0.1bpw more would take the score from 0.12 to 0.11"; empty where there is no more to buy.
std::string next_text(const PlannedAllocation& allocation);
// "W4A16, 16.5 KiB: 0.0123", one a candidate.
std::vector<std::string> candidate_lines(const AllocatedGroup& group);
// Indices into the groups: most lost by their lightest candidate, for their bytes, first.
std::vector<size_t> by_sensitivity(const PlannedAllocation& allocation);

}  // namespace lcr
