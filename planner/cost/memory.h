#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/model/checkpoint.h"
#include "compiler/model/graph.h"
#include "planner/plan/layout.h"
#include "planner/plan/plan.h"

// Bytes of what a job reads, holds and makes: the one place that says so, for the planner's predictions and for the
// executor's account.
namespace lcr {

// One module of a job.
struct ModuleWork {
  int64_t rows = 0, columns = 0;  // of the weight, logical; 1 row for what has no weight
  int64_t stored = 0;             // bytes read: payload and scales
  int64_t decoded = 0;            // bytes after decoding and cutting; 0 when the stored bytes are used in place
  int64_t made = 0;               // bytes written, all exports together
  int64_t scales = 0;             // of the encoding
  bool rows_apart = true;         // a range of logical rows is a range of stored bytes
};

// What one expert of a job is made of. `unit` and `job` index the plan, for its first instance and the job's first
// expert.
struct JobWork {
  std::vector<ModuleWork> modules;
  bool copies = false;  // stored tensors, piece by piece
  bool solves = false, searches = false;
  bool folds = false;        // rotations come before anything else
  int passes = 1;            // as in Job
  int64_t row_multiple = 1;  // tiles hold multiples of so many rows

  int64_t rows() const;  // the most rows of a module
  int64_t stored() const;
  int64_t decoded() const;
  int64_t made() const;
};

JobWork work_of(const Plan& plan, uint32_t unit, uint32_t job, const ModelGraph& graph, const Checkpoint& checkpoint,
                const NameIndex& names);

// What one tile holds at the same time.
struct TileBytes {
  int64_t stored = 0, decoded = 0, made = 0, workspace = 0;
  int64_t total() const { return stored + decoded + made + workspace; }
};

// `tile_rows` as in Job; `piece`: Plan::tile_bytes, for copies.
TileBytes tile_bytes(const JobWork& work, int64_t tile_rows, int64_t piece);

// Tiles that one expert of the job is made in, all modules, one pass.
int64_t tiles_of(const JobWork& work, int64_t tile_rows, int64_t piece);

// Elements that a rotation turns at once, in float64.
inline constexpr int64_t folded_at_once = int64_t{1} << 21;
// Bytes that go through one page-locked buffer between host memory and a device.
inline constexpr int64_t copied_at_once = int64_t{1} << 24;
// Elements of weights that calibration solves together, at most: enough rows to fill a device, little memory beside the
// model.
inline constexpr int64_t solved_at_once = int64_t{1} << 28;

// Host bytes that hold the tables of names and the program, whatever the tiles are. `tensors`: stored and written.
int64_t fixed_host_bytes(int64_t tensors, bool cuda);

}  // namespace lcr
