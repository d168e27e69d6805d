#include "backend/execute/events.h"

#include <nlohmann/json.hpp>

#include "backend/execute/memory.h"

namespace lcr {

void Events::emit(const char* type, const std::string& message, nlohmann::json fields, const char* level) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  fields["ts"] = static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) / 1000.0;
  fields["type"] = type;
  fields["level"] = level;
  fields["message"] = message;
  fields["run"] = run_id_;
  fields["host"] = resident_host_bytes();
  // Paths may hold bytes that are no UTF-8; they must not end the run.
  std::string text = fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::lock_guard lock(mutex_);
  sink_(text);
}

double Eta::elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

double Eta::remaining(double done) const {
  double seconds = elapsed();
  // Less than a percent, or less than a second: any figure would be a guess.
  if (total_ <= 0 || done <= total_ / 100 || seconds < 1.0) return -1;
  return seconds * (total_ - done) / done;
}

}  // namespace lcr
