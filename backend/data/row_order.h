#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "planner/plan/calibration.h"

namespace lcr {

// Numbers below a bound, equally likely, the same on every machine: splitmix64 (Steele, Lea, Flood 2014) and rejection.
class RandomNumbers {
 public:
  explicit RandomNumbers(uint64_t seed) : state_(seed) {}

  uint64_t next();
  // In [0, bound); `bound` is at least 1.
  uint64_t below(uint64_t bound);

 private:
  uint64_t state_;
};

// The rows 0 ..< count in the order in which a pick takes them: first to last, or a random permutation (Fisher-Yates
// from the front). The first rows are the same however many are taken.
class RowOrder {
 public:
  static RowOrder in_order(uint64_t count) { return RowOrder(count, std::nullopt); }
  static RowOrder random(uint64_t count, uint64_t seed) { return RowOrder(count, RandomNumbers(seed)); }
  static RowOrder of(const CalibrationRequest& request, uint64_t count);

  // Empty when all rows were taken.
  std::optional<uint64_t> next();

 private:
  RowOrder(uint64_t count, std::optional<RandomNumbers> random) : count_(count), random_(random) {}

  uint64_t count_;
  uint64_t taken_ = 0;
  std::optional<RandomNumbers> random_;
  // Row at a place of the permutation that is not its own number.
  std::unordered_map<uint64_t, uint64_t> moved_;
};

}  // namespace lcr
