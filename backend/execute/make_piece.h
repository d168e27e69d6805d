#pragma once

#include <functional>
#include <vector>

#include "backend/calibrate/online_export.h"
#include "backend/execute/engine.h"
#include "backend/execute/events.h"
#include "backend/execute/tasks.h"
#include "backend/storage/shard_writer.h"
#include "backend/storage/solved_store.h"
#include "backend/rotations/folded_rows.h"
#include "backend/weights/row_reader.h"
#include "compiler/model/graph.h"
#include "planner/plan/plan.h"

namespace lcr {

// What all pieces of a run share; read-only but for the files' counters.
struct RunContext {
  const Plan& plan;
  const PlannedExport& exported;
  const ModelGraph& graph;
  const Checkpoint& checkpoint;
  const WorkList& work;
  SourceFiles& files;
  Events& events;
  const SolvedStore& solved;  // what calibration made
  const RotatedBack& online;   // for dense exports
  const Fold* fold;           // rotations that come first; null: none
};

// One worker's memory and engine.
struct Worker {
  RowBuffers rows;
  std::vector<std::byte> codes, scales, zero_points, dense;
  FoldedMemory folded;
  std::unique_ptr<Engine> engine;

  size_t bytes() const;
};

// Rows of a tensor of a module, from `first` on, with the plan's rotations: what RowReader::read gives, or folded_rows. With
// `stay` rows that a device turned stay there.
WeightRows read_rows(const RunContext& run, uint32_t module, uint32_t tensor, const Dims& shape, int64_t first, int64_t count,
                     Dtype decoded, bool stay, Worker& worker, Diagnostics& diagnostics);

// The pieces of each kind of job; all give false when something was reported.

// Bytes of a stored tensor, converted when the export's dtype differs.
bool copy_piece(const RunContext& run, const Piece& piece, Worker& worker, ShardWriter& writer, Diagnostics& diagnostics);
// Rows of a module that is written dense: decoded and cut out of what the source stores.
bool dense_piece(const RunContext& run, const Piece& piece, Worker& worker, ShardWriter& writer, Diagnostics& diagnostics);
// Rows of a module that is quantized, or a whole job whose modules share a scale.
bool quantize_piece(const RunContext& run, const Piece& piece, Worker& worker, ShardWriter& writer, Diagnostics& diagnostics);

// Matrices of rotations at run time.
bool matrix_piece(const RunContext& run, const Piece& piece, ShardWriter& writer, Diagnostics& diagnostics);

// What calibration made of a job's modules.
bool solved_piece(const RunContext& run, const Piece& piece, Worker& worker, ShardWriter& writer, Diagnostics& diagnostics);

// Chooses between them.
bool make_piece(const RunContext& run, const Piece& piece, Worker& worker, ShardWriter& writer, Diagnostics& diagnostics);

// Writes the tensors of a module that are no weight (its bias), whole.
bool write_small_tensor(const RunContext& run, const OutputTensor& output, Worker& worker, ShardWriter& writer,
                        Diagnostics& diagnostics);

}  // namespace lcr
