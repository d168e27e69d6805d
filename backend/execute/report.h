#pragma once

#include <atomic>
#include <chrono>
#include <mutex>

#include "backend/execute/events.h"
#include "backend/execute/tasks.h"
#include "backend/storage/source_files.h"

namespace lcr {

// Turns what the workers finish into progress events, at most ten a second.
class ProgressReport {
 public:
  // All must outlive it.
  ProgressReport(Events& events, const WorkList& work, const Eta& eta, const SourceFiles& files)
      : events_(events), work_(work), eta_(eta), files_(files) {}

  void started(const Task& task);
  void advanced(uint64_t bytes);

 private:
  Events& events_;
  const WorkList& work_;
  const Eta& eta_;
  const SourceFiles& files_;
  std::mutex mutex_;
  uint64_t bytes_ = 0;
  const Task* current_ = nullptr;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace lcr
