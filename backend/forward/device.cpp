#include "backend/forward/device.h"

#include <ATen/ATen.h>
#include <dlfcn.h>

#include <cstdlib>
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

// Each of threads that solve side by side takes handles of its own from the tensor library, which keeps them.
void factorize_at_once(const std::string& device, int threads) {
  std::vector<std::jthread> all;
  for (int i = 1; i < threads; ++i)
    all.emplace_back([&device] {
      const c10::InferenceMode guard;
      try {
        factorize(device);
      } catch (const c10::Error&) {
        // What does not work is told where it is needed.
      }
    });
}

void use_libraries(const std::string& device, bool factorizing) {
  c10::InferenceMode guard;
  try {
    const at::TensorOptions half = at::TensorOptions(at::Device(device)).dtype(at::kBFloat16);
    at::Tensor x = at::ones({256, 256}, half), sum = at::eye(256, half.dtype(at::kFloat));
    at::linear(x, x);
    at::addmm_out(sum, sum, x.t(), x, at::kFloat);
    at::Tensor heads = x.view({1, 256, 2, 128}).transpose(1, 2);
    at::scaled_dot_product_attention(heads, heads, heads, {}, 0.0, /*is_causal=*/true);
    if (factorizing) factorize(device);
  } catch (const c10::Error&) {
    // What does not work is told where it is needed.
  }
}

}  // namespace

bool load_device(const std::string& device) {
  if (device.empty() || device == "cpu") return true;
  choose_allocation();
  // Registers its kernels when it is loaded; machines without a GPU need not have it. Its hundreds of thousands of symbols
  // are looked up as they are used.
  const bool loaded = device == "cuda" && ::dlopen("libtorch_cuda.so", RTLD_LAZY | RTLD_GLOBAL) != nullptr;
  return loaded && at::hasCUDA();
}

std::jthread warm_device(const std::string& device, int threads) {
  if (device.empty() || device == "cpu") return {};
  // Not in the thread: others may read the environment meanwhile.
  choose_allocation();
  return std::jthread([device, threads] {
    if (!load_device(device)) return;
    use_libraries(device, threads > 0);
    factorize_at_once(device, threads);
  });
}

}  // namespace lcr
