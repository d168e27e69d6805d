#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "planner/plan/plan.h"

namespace lcr {

// What one precision (or "kept", "dense") gets of a unit or of the whole plan.
struct Share {
  int64_t modules = 0;  // of copies: stored tensors
  int64_t before = 0;   // source bytes
  int64_t after = 0;    // bytes of all exports
};

using Shares = std::map<std::string, Share>;

// Name that jobs without a precision are counted under: "copied", "dense" where they are decoded or cut out, or
// "matrices" of rotations.
std::string share_name(const Job& job);

Shares shares_of(const Unit& unit);
Shares shares_of(const Plan& plan);

}  // namespace lcr
