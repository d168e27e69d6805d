#include "backend/execute/memory.h"

#include <sys/resource.h>

namespace lcr {

int64_t peak_host_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

}  // namespace lcr
