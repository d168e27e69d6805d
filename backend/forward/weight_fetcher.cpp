#include "backend/forward/weight_fetcher.h"

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace lcr {

WeightFetcher::WeightFetcher(std::string device, Bring bring)
    : device_(std::move(device)), bring_(std::move(bring)), thread_([this](const std::stop_token& ended) { work(ended); }) {}

WeightFetcher::~WeightFetcher() {
  thread_.request_stop();
  thread_.join();
}

void WeightFetcher::add(const Key& key, const at::Tensor& stored) {
  {
    std::lock_guard lock(mutex_);
    if (!added_.try_emplace(key).second) return;
    open_.emplace_back(key, stored);
  }
  changed_.notify_all();
}

at::Tensor WeightFetcher::take(const Key& key) {
  std::unique_lock lock(mutex_);
  at::Tensor value;
  changed_.wait(lock, [&] {
    auto found = added_.find(key);
    if (found == added_.end()) return true;
    value = found->second;
    return value.defined();
  });
  if (!value.defined()) return value;
  added_.erase(key);
  // Its memory belongs to the thread's stream.
  const c10::impl::VirtualGuardImpl impl(value.device().type());
  value.record_stream(impl.getStream(value.device()));
  return value;
}

void WeightFetcher::forget(const Key& key) {
  std::lock_guard lock(mutex_);
  added_.erase(key);
}

void WeightFetcher::work(const std::stop_token& ended) {
  const c10::InferenceMode inference;
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, ended, [&] { return !open_.empty(); }) && !ended.stop_requested()) {
    auto [key, stored] = std::move(open_.front());
    open_.pop_front();
    if (!added_.contains(key)) continue;
    lock.unlock();
    at::Tensor value;
    try {
      const c10::impl::VirtualGuardImpl impl(at::Device(device_).type());
      const c10::Stream own = impl.getStreamFromGlobalPool(impl.getDevice());
      const c10::StreamGuard guard(own);
      value = bring_(stored);
      own.synchronize();
    } catch (const c10::Error&) {
      // Who asks for it brings it, and reports what fails.
    }
    lock.lock();
    if (auto found = added_.find(key); found != added_.end()) {
      if (value.defined()) {
        found->second = std::move(value);
      } else {
        added_.erase(found);
      }
    }
    changed_.notify_all();
  }
}

}  // namespace lcr
