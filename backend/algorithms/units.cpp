#include "backend/algorithms/units.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace lcr {
namespace {

// [R, rows of a unit, C, columns of a unit].
at::Tensor by_units(const Codec& codec, const at::Tensor& values) {
  int64_t rows = values.size(0), columns = values.size(1);
  int64_t unit_rows = codec.whole_tensor ? rows : codec.grid.unit_rows;
  int64_t more_rows = (unit_rows - rows % unit_rows) % unit_rows;
  int64_t more_columns = codec.grid.columns * codec.grid.unit_columns - columns;
  at::Tensor padded = values;
  if (more_rows + more_columns > 0) padded = at::constant_pad_nd(values, {0, more_columns, 0, more_rows});
  return padded.reshape({-1, unit_rows, codec.grid.columns, codec.grid.unit_columns});
}

}  // namespace

std::pair<at::Tensor, at::Tensor> unit_ranges(const Codec& codec, const at::Tensor& values) {
  at::Tensor units = by_units(codec, values);
  return {at::amin(units, {1, 3}).clamp_max_(0), at::amax(units, {1, 3}).clamp_min_(0)};
}

at::Tensor unit_sums(const Codec& codec, const at::Tensor& values) { return by_units(codec, values).sum({1, 3}); }

at::Tensor unit_row_sums(const Codec& codec, const at::Tensor& values) {
  int64_t rows = values.size(0), unit_rows = codec.whole_tensor ? rows : codec.grid.unit_rows;
  if (unit_rows == 1) return values;
  int64_t more = (unit_rows - rows % unit_rows) % unit_rows;
  at::Tensor padded = more == 0 ? values : at::constant_pad_nd(values, {0, 0, 0, more});
  return padded.reshape({-1, unit_rows, values.size(1)}).sum(1);
}

at::Tensor spread_rows(const Codec& codec, const at::Tensor& units, int64_t rows) {
  if (codec.whole_tensor) return units.expand({rows, units.size(1)});
  if (codec.grid.unit_rows == 1) return units;
  return units.repeat_interleave(codec.grid.unit_rows, 0).narrow(0, 0, rows);
}

at::Tensor spread(const Codec& codec, const at::Tensor& units, int64_t rows) {
  at::Tensor by_row = spread_rows(codec, units, rows);
  if (codec.grid.columns == 1) return by_row.expand({rows, codec.columns});
  at::Tensor wide = by_row.unsqueeze(2).expand({rows, codec.grid.columns, codec.grid.unit_columns});
  return wide.reshape({rows, -1}).narrow(1, 0, codec.columns);
}

int64_t tile_rows(const Codec& codec, const at::Device& device) {
  int64_t weights = device.is_cpu() ? int64_t{1} << 16 : int64_t{1} << 25;
  int64_t unit_rows = codec.whole_tensor ? 1 : codec.grid.unit_rows;
  int64_t units = weights / std::max<int64_t>(1, codec.columns) / unit_rows;
  return std::max<int64_t>(1, units) * unit_rows;
}

}  // namespace lcr
