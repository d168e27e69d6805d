#include "planner/plan/size_text.h"

#include <fmt/format.h>

namespace lcr {

std::string size_text(int64_t bytes) {
  if (bytes < 0) return "-" + size_text(-bytes);
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = double(bytes);
  const char* unit = "B";
  for (const char* larger : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < 1024) break;
    value /= 1024, unit = larger;
  }
  return value < 10    ? fmt::format("{:.2f} {}", value, unit)
         : value < 100 ? fmt::format("{:.1f} {}", value, unit)
                       : fmt::format("{:.0f} {}", value, unit);
}

std::string limit_text(int64_t bytes) {
  constexpr int64_t mib = int64_t{1} << 20;
  const int64_t whole = bytes / mib + (bytes % mib != 0);
  return whole % 1024 == 0 ? fmt::format("{}GiB", whole / 1024) : fmt::format("{}MiB", whole);
}

std::string time_text(double seconds) {
  if (seconds < 0.0995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = int64_t(seconds + 0.5);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

}  // namespace lcr
