#include "planner/machine/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace lcr {
namespace {

// The number in a cgroup's file; nothing when there is no file or it says "max".
int64_t limit_in(const char* path) {
  std::ifstream file(path);
  int64_t limit = 0;
  return file >> limit && limit > 0 ? limit : INT64_MAX;
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, int(sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace

Machine this_machine() {
  Machine machine;
  const int64_t physical = int64_t(sysconf(_SC_PHYS_PAGES)) * int64_t(sysconf(_SC_PAGESIZE));
  machine.host_bytes = std::min(
      {physical, limit_in("/sys/fs/cgroup/memory.max"), limit_in("/sys/fs/cgroup/memory/memory.limit_in_bytes")});
  machine.cores = usable_cores();
  return machine;
}

int64_t default_host_budget(const Machine& machine) { return machine.host_bytes / 10 * 9; }

}  // namespace lcr
