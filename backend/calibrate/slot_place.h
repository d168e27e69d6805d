#pragma once

#include <string>

#include "backend/forward/template_runner.h"

namespace lcr {

// Where a value waits between two passes: page-locked host memory, so that copies overlap with computing.
void to_waiting(Slot& slot);
// And back to where it is computed with.
void to_device(Slot& slot, const std::string& device);

}  // namespace lcr
