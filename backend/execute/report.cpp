#include "backend/execute/report.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace lcr {

void ProgressReport::started(const Task& task) {
  std::lock_guard lock(mutex_);
  if (current_ == nullptr || &task > current_) current_ = &task;
}

void ProgressReport::advanced(uint64_t bytes) {
  std::lock_guard lock(mutex_);
  bytes_ += bytes;
  auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  double eta = eta_.remaining(static_cast<double>(bytes_));
  size_t done = current_ == nullptr ? 0 : static_cast<size_t>(current_ - work_.tasks.data());
  nlohmann::json fields = {{"jobs_done", done}, {"jobs", work_.tasks.size()}, {"bytes_read", files_.bytes_read()},
                           {"bytes_written", bytes_}, {"bytes_total", work_.bytes}, {"seconds", eta_.elapsed()},
                           {"eta", eta < 0 ? nlohmann::json() : nlohmann::json(eta)},
                           {"current", current_ == nullptr ? "" : current_->outputs.front()->name}};
  events_.emit("progress", fmt::format("{} of {} jobs", done, work_.tasks.size()), std::move(fields));
}

}  // namespace lcr
