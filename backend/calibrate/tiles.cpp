#include "backend/calibrate/tiles.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace lcr {
namespace {

// Whether a row's tokens count, appended; true for all where the row has no mask.
void append_mask(const CalibrationRow& row, std::vector<uint8_t>& mask) {
  if (row.counted.empty()) return mask.insert(mask.end(), row.ids.size(), 1), void();
  for (bool one : row.counted) mask.push_back(one);
}

at::Tensor mask_tensor(const std::vector<uint8_t>& mask) {
  if (std::all_of(mask.begin(), mask.end(), [](uint8_t one) { return one != 0; })) return {};
  at::Tensor tensor = at::empty({static_cast<int64_t>(mask.size())}, at::kBool);
  std::copy(mask.begin(), mask.end(), static_cast<uint8_t*>(tensor.data_ptr()));
  return tensor;
}

}  // namespace

std::vector<CalibrationTile> cut_tiles(const CalibrationSet& set, int64_t tokens) {
  std::vector<CalibrationTile> tiles;
  std::vector<uint8_t> mask;
  auto close = [&] {
    if (!tiles.empty()) tiles.back().counted = mask_tensor(mask);
    mask.clear();
  };
  for (size_t r = 0; r < set.rows.size(); ++r) {
    const CalibrationRow& row = set.rows[r];
    const int part = static_cast<int>(r * calibration_parts / set.rows.size());
    const bool fits = !tiles.empty() && tiles.back().part == part &&
                      static_cast<int64_t>(mask.size() + row.ids.size()) <= tokens;
    if (!fits) {
      close();
      tiles.emplace_back().part = part;
    }
    Pack& pack = tiles.back().pack;
    pack.ids.insert(pack.ids.end(), row.ids.begin(), row.ids.end());
    pack.sequences.lengths.push_back(static_cast<int64_t>(row.ids.size()));
    append_mask(row, mask);
  }
  close();
  return tiles;
}

}  // namespace lcr
