#include "backend/forward/sequences.h"

#include <algorithm>
#include <numeric>

namespace lcr {

int64_t Sequences::rows() const { return std::accumulate(lengths.begin(), lengths.end(), int64_t{0}); }

// No sequences at all are of one length, too.
bool Sequences::uniform() const {
  return std::all_of(lengths.begin(), lengths.end(), [&](int64_t length) { return length == lengths.front(); });
}

std::vector<int64_t> Sequences::starts() const {
  std::vector<int64_t> starts{0};
  for (int64_t length : lengths) starts.push_back(starts.back() + length);
  return starts;
}

std::vector<int64_t> Sequences::positions() const {
  std::vector<int64_t> positions;
  positions.reserve(rows());
  for (int64_t length : lengths)
    for (int64_t i = 0; i < length; ++i) positions.push_back(i);
  return positions;
}

}  // namespace lcr
