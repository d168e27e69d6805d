#pragma once

#include <cstdint>
#include <vector>

#include "backend/forward/sequences.h"

namespace lcr {

// Token ids of several sequences, one after another: the linear layers see all rows at once, attention and recurrences
// stay inside a sequence.
struct Pack {
  std::vector<int64_t> ids;
  Sequences sequences;
};

}  // namespace lcr
