#pragma once

#include <cstdint>

namespace lcr {

// What a schedule leaves open is taken from the machine that plans.
struct Machine {
  int64_t host_bytes = 0;  // all memory that this process may use: the smaller of the machine's and its cgroup's
  int cores = 1;           // that this process may run on
};

Machine this_machine();

// What `schedule` gives the host when it says nothing: all of it less 10 %.
int64_t default_host_budget(const Machine& machine);

}  // namespace lcr
