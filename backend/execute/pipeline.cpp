#include "backend/execute/pipeline.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace lcr {

namespace {

class Pipeline {
 public:
  Pipeline(const WorkList& work, const MakePiece& make, const PipelineHooks& hooks, const std::atomic<bool>& stop)
      : work_(work), make_(make), hooks_(hooks), stop_(stop), shards_(work.pieces_of_shard.size()) {
    for (size_t s = 0; s < shards_.size(); ++s) shards_[s].left = work.pieces_of_shard[s];
  }

  PipelineEnd run(int workers, Diagnostics& diagnostics) {
    std::thread closer([this] { close_files(); });
    std::vector<std::thread> threads;
    for (int i = 0; i < workers; ++i) threads.emplace_back([this, i] { do_pieces(i); });
    for (std::thread& thread : threads) thread.join();
    {
      std::lock_guard lock(mutex_);
      working_ = false;
    }
    changed_.notify_all();
    closer.join();
    for (auto& [piece, found] : found_) diagnostics.append(std::move(found));
    if (failed_) return PipelineEnd::Failed;
    return next_ < work_.pieces.size() ? PipelineEnd::Interrupted : PipelineEnd::Done;
  }

 private:
  struct Shard {
    std::mutex opening;
    std::unique_ptr<ShardWriter> writer;
    std::atomic<uint32_t> left{0};
  };

  void do_pieces(int worker) {
    while (!failed_ && !stop_) {
      size_t index = next_.fetch_add(1);
      if (index >= work_.pieces.size()) break;
      Diagnostics found;
      if (!do_piece(worker, work_.pieces[index], found)) failed_ = true;
      if (found.size() > 0) {
        std::lock_guard lock(mutex_);
        found_.emplace(index, std::move(found));
      }
    }
  }

  bool do_piece(int worker, const Piece& piece, Diagnostics& found) {
    const Task& task = work_.tasks[piece.task];
    Shard& shard = shards_[task.shard];
    {
      std::lock_guard lock(shard.opening);
      // What stopped one worker is not told again by the next.
      if (!shard.writer && !failed_) shard.writer = hooks_.open(task.shard, found);
      if (!shard.writer) {
        failed_ = true;
        return false;
      }
    }
    hooks_.started(task);
    if (!make_(worker, piece, *shard.writer, found)) return false;
    hooks_.progressed(share_of(piece, task));
    if (shard.left.fetch_sub(1) == 1) {
      std::lock_guard lock(mutex_);
      complete_.push_back(task.shard);
      changed_.notify_one();
    }
    return true;
  }

  // Output bytes of a piece: of rows, their share of the task.
  static uint64_t share_of(const Piece& piece, const Task& task) {
    if (piece.count == 0) return task.bytes;
    if (!task.job->tensors.empty()) return static_cast<uint64_t>(piece.count);
    int64_t rows = std::max<int64_t>(1, task.outputs.front()->shape.empty() ? 1 : task.outputs.front()->shape[0]);
    return task.bytes * static_cast<uint64_t>(piece.count) / static_cast<uint64_t>(std::max(rows, piece.count));
  }

  void close_files() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !complete_.empty() || !working_; });
      if (complete_.empty()) return;
      uint32_t shard = complete_.front();
      complete_.pop_front();
      lock.unlock();
      Diagnostics found;
      bool good = shards_[shard].writer->finish(found);
      shards_[shard].writer.reset();
      if (good) hooks_.finished(shard);
      lock.lock();
      if (!good) {
        failed_ = true;
        found_.emplace(work_.pieces.size() + shard, std::move(found));
      }
    }
  }

  const WorkList& work_;
  const MakePiece& make_;
  const PipelineHooks& hooks_;
  const std::atomic<bool>& stop_;
  std::deque<Shard> shards_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<uint32_t> complete_;
  bool working_ = true;
  std::map<size_t, Diagnostics> found_;
};

}  // namespace

PipelineEnd run_pipeline(const WorkList& work, int workers, const MakePiece& make, const PipelineHooks& hooks,
                            const std::atomic<bool>& stop, Diagnostics& diagnostics) {
  return Pipeline(work, make, hooks, stop).run(workers, diagnostics);
}

}  // namespace lcr
