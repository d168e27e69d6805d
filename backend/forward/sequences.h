#pragma once

#include <cstdint>
#include <vector>

namespace lcr {

// How the rows of a packed stream divide into sequences, which follow one another; positions start at 0 in each.
struct Sequences {
  std::vector<int64_t> lengths;

  int64_t rows() const;
  // All of one length.
  bool uniform() const;
  // First row of each sequence, and the end of the last.
  std::vector<int64_t> starts() const;
  // Position of every row in its sequence.
  std::vector<int64_t> positions() const;
};

}  // namespace lcr
