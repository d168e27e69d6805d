#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "backend/forward/tensor.h"

namespace lcr {

// Brings tensors to a device in a thread with a stream of its own.
class WeightFetcher {
 public:
  using Key = std::pair<uint32_t, uint32_t>;  // module, tensor
  using Bring = std::function<at::Tensor(const at::Tensor& stored)>;

  // `bring` is called in the thread.
  WeightFetcher(std::string device, Bring bring);
  ~WeightFetcher();

  // `stored` must not change until it is taken or forgotten.
  void add(const Key& key, const at::Tensor& stored);
  // Waits for one that was added, and gives it away; undefined: it was not, or could not be brought.
  at::Tensor take(const Key& key);
  // Nobody will take it.
  void forget(const Key& key);

 private:
  void work(const std::stop_token& ended);

  std::string device_;
  Bring bring_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<Key, at::Tensor>> open_;
  std::map<Key, at::Tensor> added_;  // undefined until they are there
  std::jthread thread_;
};

}  // namespace lcr
