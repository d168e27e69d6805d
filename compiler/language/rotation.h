#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lcr {

// One rotation of a `transform` statement, resolved against a model. Each space is rotated at most once.
struct Rotation {
  std::string space;    // R1 residual stream, R2 value heads, R3 queries and keys at run time, R4 inner width at run time
  std::string kind;     // hadamard, random_hadamard, random, learned
  int64_t size = 0;     // of the matrix, which is repeated along the diagonal of the space's width
  int64_t seed = 0;     // of every kind but hadamard
  // Where, by absolute paths. R1: none, the stream is one. R2: the modules whose rows the values are. R3: the blocks of
  // attention, as attention points name them without their last segment. R4: the modules whose inputs are rotated.
  std::vector<std::string> places;
  // Of `learned`.
  int64_t steps = 0, samples = 0;
  double rate = 0;
  bool operator==(const Rotation&) const = default;

  // Folded into weights before anything is rounded; else it is applied at run time.
  bool folded() const { return space == "R1" || space == "R2"; }
};

}  // namespace lcr
