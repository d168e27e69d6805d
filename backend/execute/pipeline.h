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

// Makes one piece on behalf of worker number `worker` and writes its bytes through the writer; false when something was
// reported. Called from that worker's thread.
using MakePiece = std::function<bool(int worker, const Piece& piece, ShardWriter& writer, Diagnostics& diagnostics)>;

// What a pipeline tells while it works; called from worker threads, one call at a time each.
struct PipelineHooks {
  std::function<std::unique_ptr<ShardWriter>(uint32_t shard, Diagnostics&)> open;
  // The file has its final name now.
  std::function<void(uint32_t shard)> finished;
  std::function<void(const Task& task)> started;
  std::function<void(uint64_t bytes)> progressed;  // output bytes of a finished piece
};

enum class PipelineEnd { Done, Failed, Interrupted };

// Runs the pieces in order over `workers` threads; reading, computing and writing of different pieces overlap. A file is
// synced and renamed by a thread of its own when its last piece is written. `stop` ends the work after the pieces in
// flight. Diagnostics come in the order of the pieces, whatever the threads did.
PipelineEnd run_pipeline(const WorkList& work, int workers, const MakePiece& make, const PipelineHooks& hooks,
                            const std::atomic<bool>& stop, Diagnostics& diagnostics);

}  // namespace lcr
