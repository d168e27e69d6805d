#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backend/data/regex.h"
#include "backend/data/unicode.h"

namespace lcr {

// What becomes of the hits of a pattern that splits a text.
enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

// A text under pre-tokenization. `slices` are its pieces in order, never empty; `match` is set on the piece that begins
// where the user's text begins.
struct Pieces {
  std::string text;
  std::vector<Slice> slices;
};

// Joins or drops hits and gaps; the result's `match` is false.
void apply_behavior(std::vector<Slice>& cut, SplitBehavior behavior);

// Splits every piece with cut(piece, slices), which gives hits and gaps that cover the piece; false when it fails.
template <typename Cut>
bool split_pieces(Pieces& pieces, SplitBehavior behavior, bool invert, Cut cut) {
  std::vector<Slice> result;
  std::vector<Slice> found;
  result.reserve(pieces.slices.size());
  for (const Slice& piece : pieces.slices) {
    found.clear();
    if (!cut(std::string_view(pieces.text).substr(piece.begin, piece.end - piece.begin), found)) return false;
    if (invert)
      for (Slice& slice : found) slice.match = !slice.match;
    apply_behavior(found, behavior);
    for (const Slice& slice : found)
      if (slice.begin < slice.end)
        result.push_back({piece.begin + slice.begin, piece.begin + slice.end, piece.match && slice.begin == 0});
  }
  pieces.slices.swap(result);
  return true;
}

// Hits are the single code points for which is_hit holds.
template <typename Predicate>
void cut_code_points(std::string_view text, std::vector<Slice>& slices, Predicate is_hit) {
  size_t gap = 0;
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    if (!is_hit(next_code_point(text, at))) continue;
    if (gap < begin) slices.push_back({gap, begin, false});
    slices.push_back({begin, at, true});
    gap = at;
  }
  if (gap < text.size()) slices.push_back({gap, text.size(), false});
}

}  // namespace lcr
