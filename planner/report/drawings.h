#pragma once

#include <string>

#include "planner/report/report.h"

namespace lcr {

// SVG elements for a page; colours come from its style sheet, so that they follow its light and dark themes.

// Modules over layers, coloured by bits.
std::string bits_drawing(const PrecisionMap& map);
// The same, coloured by the largest relative error; empty when nothing was measured.
std::string errors_drawing(const PrecisionMap& map);
// What the colours of the two mean.
std::string bits_legend(const RunReport& report);
std::string errors_legend();
// The largest and the mean error of every layer.
std::string layers_drawing(const RunReport& report);
// What the process held over the time of the run, below the predicted peak; empty when nothing was recorded.
std::string memory_drawing(const RunReport& report);
// The least score over what the first limit of a budget allows, and where the choice stands; empty with fewer than two points.
std::string frontier_drawing(const PlannedAllocation& allocation);
// Two bars: bytes before and after, by precision.
std::string size_drawing(const RunReport& report);

// A text within markup.
std::string escaped(std::string_view text);

}  // namespace lcr
