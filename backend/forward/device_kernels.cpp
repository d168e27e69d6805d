#include "backend/forward/device_kernels.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <array>
#include <atomic>
#include <deque>
#include <mutex>

namespace lcr {
namespace {

// Never changed once it is here: threads may read it while another is put in its place.
std::atomic<const DeviceKernels*>& registered() {
  static const DeviceKernels none;
  static std::atomic<const DeviceKernels*> kernels{&none};
  return kernels;
}

}  // namespace

void register_device_kernels(const DeviceKernels& kernels) {
  static std::mutex mutex;
  static std::deque<DeviceKernels> all;
  std::lock_guard lock(mutex);
  registered() = &all.emplace_back(kernels);
}

const DeviceKernels& device_kernels() { return *registered(); }

// Kernels have no way back: what is differentiated goes by the library's own operations.
bool takes_half(const at::Tensor& x) {
  return !at::GradMode::is_enabled() && x.is_cuda() && (x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf) && x.is_contiguous() &&
         reinterpret_cast<uintptr_t>(x.data_ptr()) % 16 == 0;
}

int32_t device_dtype(const at::Tensor& x) {
  return x.scalar_type() == at::kFloat ? LCR_F32 : x.scalar_type() == at::kHalf ? LCR_F16 : LCR_BF16;
}

void call_kernel(const at::Tensor& on, const std::function<int(int device, void* stream, char* error, int size)>& kernel) {
  const at::Device device = on.device();
  const c10::Stream stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device);
  std::array<char, 256> error{};
  const int failed = kernel(device.index(), stream.native_handle(), error.data(), static_cast<int>(error.size()));
  TORCH_CHECK(failed == 0, error.data());
}

}  // namespace lcr
