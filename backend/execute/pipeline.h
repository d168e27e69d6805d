#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/execute/tasks.h"
#include "backend/storage/shard_writer.h"
#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// Memory that one worker reuses from piece to piece, so that nothing is allocated in the steady state.
struct Buffers {
  std::vector<std::byte> input, output, scratch;
  std::vector<std::byte> aside;  // what a job keeps between its passes
  std::vector<float> wide;       // rows in fp32

  size_t bytes() const;
};

// Makes one piece and writes its bytes through the writer; false when something was reported.
using MakePiece = std::function<bool(const Piece& piece, ShardWriter& writer, Buffers& buffers, Diagnostics& diagnostics)>;

// What a pipeline tells while it works; called from worker threads, one call at a time each.
struct PipelineHooks {
  std::function<std::unique_ptr<ShardWriter>(uint32_t shard, Diagnostics&)> open;
  // The file has its final name now.
  std::function<void(uint32_t shard)> finished;
  std::function<void(const Task& task)> started;
  std::function<void(uint64_t bytes)> progressed;  // output bytes of a finished piece
};

enum class PipelineEnd { Done, Failed, Interrupted };

struct PipelineResult {
  PipelineEnd end = PipelineEnd::Done;
  size_t buffer_bytes = 0;  // most that all workers' buffers took
};

// Runs the pieces in order over `workers` threads; reading, computing and writing of different pieces overlap. A file is
// synced and renamed by a thread of its own when its last piece is written. `stop` ends the work after the pieces in
// flight. Diagnostics come in the order of the pieces, whatever the threads did.
PipelineResult run_pipeline(const WorkList& work, int workers, const MakePiece& make, const PipelineHooks& hooks,
                            const std::atomic<bool>& stop, Diagnostics& diagnostics);

}  // namespace lcr
