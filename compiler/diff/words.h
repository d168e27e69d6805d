#pragma once

#include <string>

#include "compiler/diff/diff.h"

namespace lcr {

// "W4A16 with rtn; prune by 25% with wanda"
std::string state_words(const ModuleState& state);
// "+1.5 GiB", "-3.0 MiB", "0 B"
std::string delta_words(int64_t before, int64_t after);
// "56 of 197 modules change", "56 of 197 modules and 2 of 40 attention points change"
std::string headline(const RecipeDiff& diff);
std::string seconds_words(double seconds);
// "+12%"; empty when nothing stood before.
std::string percent_words(double before, double after);

}  // namespace lcr
