#include "backend/execute/convert.h"

#include "backend/formats/kernels.h"

namespace lcr {

const void* converted(const void* data, Dtype from, Dtype to, int64_t count, std::vector<std::byte>& into) {
  if (from == to) return data;
  // In runs that stay in the cache: every float dtype goes by way of fp32.
  constexpr int64_t run = 4096;
  float wide[run];
  into.resize(static_cast<size_t>(count * size_of(to)));
  for (int64_t begin = 0; begin < count; begin += run) {
    int64_t n = std::min(run, count - begin);
    kernels().widen(static_cast<const std::byte*>(data) + begin * size_of(from), from, n, wide);
    kernels().narrow(wide, n, to, into.data() + begin * size_of(to));
  }
  return into.data();
}

}  // namespace lcr
