#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace lcr {

// Writes the event stream of docs/events.md, one event at a time from any thread.
class Events {
 public:
  using Sink = std::function<void(const std::string& json)>;
  Events(Sink sink, std::string run_id) : sink_(std::move(sink)), run_id_(std::move(run_id)) {}

  // `fields` is an object; ts, type, level, message, run and host (resident bytes) are added.
  void emit(const char* type, const std::string& message, nlohmann::json fields, const char* level = "info");

 private:
  Sink sink_;
  std::string run_id_;
  std::mutex mutex_;
};

// Seconds that are left, from the work done so far; negative while too little is known.
class Eta {
 public:
  explicit Eta(double total) : total_(total) {}
  // `done` of `total` units are done (units that an earlier process did are not counted in either).
  double remaining(double done) const;
  double elapsed() const;

 private:
  using Clock = std::chrono::steady_clock;
  double total_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace lcr
