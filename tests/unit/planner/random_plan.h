#pragma once

#include <random>

#include "planner/plan/plan.h"

namespace lcr::test {

// A plan with every field drawn at random; it need not hold together.
Plan random_plan(std::mt19937& random);

}  // namespace lcr::test
