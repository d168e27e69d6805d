#include "backend/forward/device.h"

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <stop_token>
#include <vector>

namespace lcr {
namespace {

// Host memory that copies go through is locked by several threads: one locks about two gigabytes a second.
void choose_allocation() {
  if (std::getenv("PYTORCH_CUDA_ALLOC_CONF") != nullptr) return;
  ::setenv("PYTORCH_ALLOC_CONF", "pinned_use_cuda_host_register:True,pinned_num_register_threads:8", /*overwrite=*/0);
}

void factorize(const std::string& device) {
  at::Tensor positive = at::eye(256, at::TensorOptions(at::Device(device))).mul_(2);
  at::Tensor lower = std::get<0>(at::linalg_cholesky_ex(positive));
  at::linalg_solve_triangular(lower, positive, false).matmul(positive).sum().item<float>();
}

// Kernels that are loaded while the device works take nobody's time, such that are loaded before that all of it.
class Busy {
 public:
  void tell() {
    if (busy_) return;
    {
      std::lock_guard lock(mutex_);
      busy_ = true;
    }
    changed_.notify_all();
  }
  // False when `ended` comes first.
  bool await(const std::stop_token& ended) {
    std::unique_lock lock(mutex_);
    return changed_.wait(lock, ended, [this] { return busy_.load(); });
  }

 private:
  std::atomic<bool> busy_{false};
  std::mutex mutex_;
  std::condition_variable_any changed_;
};

Busy& busy() {
  static Busy state;
  return state;
}

// Beside what others do there. What does not work is told where it is needed.
void attempt(const std::string& device, const std::function<void()>& work) {
  const c10::InferenceMode inference;
  try {
    const c10::impl::VirtualGuardImpl impl(at::Device(device).type());
    const c10::StreamGuard guard(impl.getStreamFromGlobalPool(impl.getDevice()));
    work();
  } catch (const c10::Error&) {
  }
}

// Each of threads that solve side by side takes handles of its own from the tensor library, which keeps them.
void factorize_at_once(const std::string& device, int threads) {
  std::vector<std::jthread> all;
  for (int i = 0; i < threads; ++i)
    all.emplace_back([&device] { attempt(device, [&device] { factorize(device); }); });
}

void use_libraries(const std::string& device) {
  const at::TensorOptions half = at::TensorOptions(at::Device(device)).dtype(at::kBFloat16);
  at::Tensor x = at::ones({256, 256}, half), sum = at::eye(256, half.dtype(at::kFloat));
  at::linear(x, x);
  at::addmm_out(sum, sum, x.t(), x, at::kFloat);
  at::Tensor heads = x.view({1, 256, 2, 128}).transpose(1, 2);
  at::scaled_dot_product_attention(heads, heads, heads, {}, 0.0, /*is_causal=*/true);
}

}  // namespace

void tell_device_busy() { busy().tell(); }

bool load_device(const std::string& device) {
  if (device.empty() || device == "cpu") return true;
  choose_allocation();
  // Registers its kernels when it is loaded; machines without a GPU need not have it. Its hundreds of thousands of symbols
  // are looked up as they are used.
  const bool loaded = device == "cuda" && ::dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_GLOBAL) != nullptr;
  return loaded && at::hasCUDA();
}

std::jthread warm_device(const std::string& device, const DeviceUse& use) {
  if (device.empty() || device == "cpu") return {};
  // Not in the thread: others may read the environment meanwhile.
  choose_allocation();
  return std::jthread([device, use](const std::stop_token& ended) {
    if (!load_device(device)) return;
    attempt(device, [&device] { use_libraries(device); });
    if (!busy().await(ended)) return;
    if (use.later) attempt(device, use.later);
    factorize_at_once(device, use.factorizing);
  });
}

}  // namespace lcr
