#pragma once

#include <vector>

#include "planner/cost/memory.h"
#include "planner/machine/profile.h"

namespace lcr {

// The operations of one expert of a job, with their bytes and FLOPs.
std::vector<Operation> operations_of(const JobWork& work, int64_t tile_rows, int64_t piece, bool cuda);

// Seconds of one expert of a job, by what they are spent on.
struct JobSeconds {
  double read = 0, compute = 0, write = 0;
  double alone = 0;  // what one worker does without help: a tile, or all of a job with several passes
};
JobSeconds seconds_of(const JobWork& work, int64_t tile_rows, int64_t piece, bool cuda, const Profile& profile);

// Most bytes that one tile of the job holds at a place.
int64_t live_bytes(const std::vector<Operation>& operations, PlaceKind place);

}  // namespace lcr
