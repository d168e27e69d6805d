#pragma once

#include <vector>

#include "backend/algorithms/gptq.h"
#include "backend/calibrate/solve.h"

namespace lcr {

// A task's weight as it is by now, rotated where readers rotate; f32 [out, in] on the device.
at::Tensor weight_of(const SolveContext& context, const SolveTask& task);

// The grid of each member, one a task, from its weight. Siblings under one global scale stand next to each other.
// `input` may be null where no observer weighs columns.
void find_grids(const SolveContext& context, const std::vector<const SolveTask*>& tasks, std::vector<Solvable>& members,
                const InputStatistics* input);

// How the range of a solver's weights is found.
Observer range_of(const Algorithm& solver);

// Whether tasks stand under one global scale.
bool same_job(const SolveTask& a, const SolveTask& b);

// |x|/|y| of two squares.
double relative(double error, double reference);

}  // namespace lcr
