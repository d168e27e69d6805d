#include "backend/forward/host_copies.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <cstring>

#include "planner/cost/memory.h"

namespace lcr {
namespace {

// Below it the call costs more than the bytes.
constexpr int64_t small = int64_t{1} << 18;

at::Tensor locked(int64_t bytes) { return at::empty({bytes}, at::TensorOptions(at::kByte).pinned_memory(true)); }

// By several threads: pages of a mapped file are faulted in on the way.
void copy_bytes(void* to, const void* from, int64_t bytes) {
  at::parallel_for(0, bytes, int64_t{1} << 21, [&](int64_t begin, int64_t end) {
    std::memcpy(static_cast<std::byte*>(to) + begin, static_cast<const std::byte*>(from) + begin, static_cast<size_t>(end - begin));
  });
}

at::Tensor bytes_of(const at::Tensor& dense) { return dense.flatten().view(at::kByte); }

}  // namespace

at::Tensor device_copy(const at::Tensor& host, const at::Device& device) {
  const auto bytes = static_cast<int64_t>(host.nbytes());
  if (device.is_cpu() || !host.is_cpu() || bytes < small || !host.is_contiguous()) return host.to(device);
  at::Tensor result = at::empty(host.sizes(), host.options().device(device)), flat = bytes_of(result);
  const auto* from = static_cast<const std::byte*>(host.data_ptr());
  for (int64_t begin = 0; begin < bytes; begin += copied_at_once) {
    const int64_t count = std::min(copied_at_once, bytes - begin);
    // Given back when the copy is done, not before.
    const at::Tensor part = locked(count);
    copy_bytes(part.data_ptr(), from + begin, count);
    flat.narrow(0, begin, count).copy_(part, /*non_blocking=*/true);
  }
  return result;
}

at::Tensor host_copy(const at::Tensor& value) {
  const auto bytes = static_cast<int64_t>(value.nbytes());
  if (value.is_cpu() || bytes < small || bytes > 4 * copied_at_once) return value.cpu().contiguous();
  at::Tensor result = at::empty(value.sizes(), value.options().device(at::kCPU).pinned_memory(true));
  result.copy_(value.contiguous(), /*non_blocking=*/true);
  const c10::impl::VirtualGuardImpl impl(value.device().type());
  impl.getStream(value.device()).synchronize();
  return result;
}

}  // namespace lcr
