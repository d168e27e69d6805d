#include <cstdlib>
#include <cstring>

#include "backend/formats/kernels.h"

namespace lcr {

namespace kernels_baseline {
extern const Kernels kernels;
}
#ifdef __x86_64__
namespace kernels_avx2 {
extern const Kernels kernels;
}
namespace kernels_avx512 {
extern const Kernels kernels;
}
#endif

namespace {

const Kernels& chosen() {
  if (const char* name = std::getenv("LCR_KERNELS"))
    if (const Kernels* named = kernels_named(name)) return *named;
  for (const char* name : {"avx512", "avx2"})
    if (const Kernels* named = kernels_named(name)) return *named;
  return kernels_baseline::kernels;
}

}  // namespace

const Kernels* kernels_named(const char* name) {
  if (std::strcmp(name, "baseline") == 0) return &kernels_baseline::kernels;
#ifdef __x86_64__
  const bool fused = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (std::strcmp(name, "avx2") == 0 && fused) return &kernels_avx2::kernels;
  const bool wide = fused && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (std::strcmp(name, "avx512") == 0 && wide) return &kernels_avx512::kernels;
#endif
  return nullptr;
}

const Kernels& kernels() {
  static const Kernels& best = chosen();
  return best;
}

}  // namespace lcr
