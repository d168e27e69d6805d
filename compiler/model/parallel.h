#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace lcr {

// Calls `work(next)` on a few threads at once, this one included; `next()` hands out 0, 1, … count - 1, then `count`.
// For short bursts of reading and comparing: more threads than a handful cost more than they give.
template <class Work>
void in_parallel(size_t count, const Work& work) {
  std::atomic<size_t> handed = 0;
  auto next = [&] { return std::min(handed++, count); };
  const size_t workers = std::min<size_t>({count, std::max(1u, std::thread::hardware_concurrency()), 16});
  std::vector<std::thread> threads;
  for (size_t i = 1; i < workers; ++i) threads.emplace_back([&] { work(next); });
  work(next);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace lcr
