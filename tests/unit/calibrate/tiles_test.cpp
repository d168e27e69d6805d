#include "backend/calibrate/tiles.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <numeric>

namespace lcr {
namespace {

// Rows of these lengths, whose ids count on.
CalibrationSet set_of(const std::vector<int64_t>& lengths) {
  CalibrationSet set;
  int64_t next = 0;
  for (int64_t length : lengths) {
    std::vector<int64_t> ids(static_cast<size_t>(length));
    std::iota(ids.begin(), ids.end(), next);
    next += length;
    set.rows.push_back({std::move(ids), {}});
  }
  return set;
}

TEST(CutTiles, KeepRowsWholeAndInOrder) {
  const CalibrationSet set = set_of({5, 3, 4, 4, 1, 7, 2, 6, 3, 3, 3, 3, 8, 1, 1, 1, 2});
  const auto tiles = cut_tiles(set, 8);
  std::vector<int64_t> ids, lengths;
  for (const CalibrationTile& tile : tiles) {
    ids.insert(ids.end(), tile.pack.ids.begin(), tile.pack.ids.end());
    lengths.insert(lengths.end(), tile.pack.sequences.lengths.begin(), tile.pack.sequences.lengths.end());
    EXPECT_LE(tile.pack.ids.size(), 8u);
    EXPECT_FALSE(tile.counted.defined());
  }
  std::vector<int64_t> expected(ids.size());
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(ids, expected);
  ASSERT_EQ(lengths.size(), set.rows.size());
  for (size_t r = 0; r < lengths.size(); ++r) EXPECT_EQ(lengths[r], static_cast<int64_t>(set.rows[r].ids.size()));
}

// 20 rows: eighths of 3, 2, 3, 2, ... rows, however many tokens a tile may hold.
TEST(CutTiles, NeverLieInTwoEighths) {
  const auto tiles = cut_tiles(set_of(std::vector<int64_t>(20, 2)), 1000);
  ASSERT_EQ(tiles.size(), 8u);
  for (int part = 0; part < calibration_parts; ++part) {
    EXPECT_EQ(tiles[part].part, part);
    EXPECT_EQ(tiles[part].pack.sequences.lengths.size(), part % 2 == 0 ? 3u : 2u) << part;
  }
}

TEST(CutTiles, HoldOneRowAtLeast) {
  const auto tiles = cut_tiles(set_of({50, 60}), 8);
  ASSERT_EQ(tiles.size(), 2u);
  EXPECT_EQ(tiles[1].pack.ids.size(), 60u);
  EXPECT_TRUE(cut_tiles({}, 8).empty());
}

// A row without a mask counts as a whole beside one that has one.
TEST(CutTiles, CarryTheMasks) {
  CalibrationSet set = set_of(std::vector<int64_t>(16, 2));
  set.rows[1].counted = {false, true};
  const auto tiles = cut_tiles(set, 100);
  ASSERT_EQ(tiles.size(), 8u);
  ASSERT_TRUE(tiles[0].counted.defined());
  EXPECT_TRUE(tiles[0].counted.equal(at::tensor(std::vector<int64_t>{1, 1, 0, 1}).to(at::kBool)));
  EXPECT_FALSE(tiles[1].counted.defined());
}

}  // namespace
}  // namespace lcr
