#pragma once

#include <string>

namespace lcr::foreign {

// "5%" of 0.05, as the language writes ratios.
std::string percent(double ratio);

}  // namespace lcr::foreign
