#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// Rates that times are predicted from, in bytes a second of what goes in unless said otherwise. The defaults are
// stated, not measured: one NVMe drive, one modern core, one PCIe 5 GPU.
struct Profile {
  std::string name = "default";
  double read = 3e9;        // storage to host, all readers together
  double write = 1.5e9;     // host to storage, all writers together
  double copy = 8e9;        // host to host, one worker
  double quantize = 1.2e9;  // source bytes of round-to-nearest, one worker
  double search = 0.1e9;    // the same with an observer that searches
  double decode = 2e9;      // decoded bytes, one worker
  double transfer = 25e9;   // host to device or back, pinned
  double device_quantize = 400e9;
  double device_search = 40e9;
  double device_decode = 400e9;
  double operation = 20e-6;  // seconds that every operation on a tile costs on top
  uint64_t hash = 0;         // of the file it was read from; 0: the defaults
  bool operator==(const Profile&) const = default;
};

// `--profile FILE`: a YAML map of the names above, all optional. Unknown keys, wrong types
// and rates that are not positive are diagnostics.
std::optional<Profile> read_profile(Sources& sources, uint32_t file, Diagnostics& diagnostics);

}  // namespace lcr
