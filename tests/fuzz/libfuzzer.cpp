#include "tests/fuzz/targets.h"

// What libFuzzer calls; LCR_FUZZ_TARGET_NAME is one function of targets.h.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  lcr::fuzz::LCR_FUZZ_TARGET_NAME({reinterpret_cast<const char*>(bytes), count});
  return 0;
}
