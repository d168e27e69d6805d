#pragma once

#include <cstdint>
#include <string>

namespace lcr {

// For people: 1.50 GiB, 812 KiB, 3.2 s, 1 min 12 s.
std::string size_text(int64_t bytes);
std::string time_text(double seconds);
// As a schedule writes it, rounded up: 81GiB, 1025MiB.
std::string limit_text(int64_t bytes);

}  // namespace lcr
