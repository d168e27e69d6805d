#include "backend/data/split.h"

#include <algorithm>

namespace lcr {
namespace {

void remove_hits(std::vector<Slice>& cut) {
  cut.erase(std::remove_if(cut.begin(), cut.end(), [](const Slice& slice) { return slice.match; }), cut.end());
}

// Appends a slice to the last one where joins(is_match, was_match) holds.
template <typename Joins>
void join_forward(std::vector<Slice>& cut, Joins joins) {
  size_t kept = 0;
  bool previous = false;
  for (size_t i = 0; i < cut.size(); ++i) {
    bool match = cut[i].match;
    if (kept > 0 && joins(match, previous)) {
      cut[kept - 1].end = cut[i].end;
    } else {
      cut[kept++] = cut[i];
    }
    previous = match;
  }
  cut.resize(kept);
}

}  // namespace

void apply_behavior(std::vector<Slice>& cut, SplitBehavior behavior) {
  switch (behavior) {
    case SplitBehavior::Isolated:
      break;
    case SplitBehavior::Removed:
      remove_hits(cut);
      break;
    case SplitBehavior::Contiguous:
      join_forward(cut, [](bool match, bool previous) { return match == previous; });
      break;
    case SplitBehavior::MergedWithPrevious:
      join_forward(cut, [](bool match, bool previous) { return match && !previous; });
      break;
    case SplitBehavior::MergedWithNext: {
      // The mirror image of the case before.
      std::reverse(cut.begin(), cut.end());
      for (Slice& slice : cut) std::swap(slice.begin, slice.end);
      join_forward(cut, [](bool match, bool previous) { return match && !previous; });
      for (Slice& slice : cut) std::swap(slice.begin, slice.end);
      std::reverse(cut.begin(), cut.end());
      break;
    }
  }
  for (Slice& slice : cut) slice.match = false;
}

}  // namespace lcr
