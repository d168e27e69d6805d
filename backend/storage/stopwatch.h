#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace lcr {

// Adds the nanoseconds of its life to a sum that threads share.
class Stopwatch {
 public:
  explicit Stopwatch(std::atomic<int64_t>& sum) : sum_(sum) {}
  ~Stopwatch() {
    const auto spent = std::chrono::steady_clock::now() - start_;
    sum_.fetch_add(std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count(), std::memory_order_relaxed);
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  std::atomic<int64_t>& sum_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace lcr
