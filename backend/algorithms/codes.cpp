#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "backend/algorithms/grid.h"
#include "backend/algorithms/tensor_codes.h"
#include "backend/algorithms/units.h"
#include "backend/formats/strip.h"

namespace lcr {
namespace {

// The codec with a byte a code, without an offset; e2m1 stays in pairs, which code_bytes() takes apart.
Codec plain(const Codec& codec) {
  Codec result = codec;
  if (codec.element == Element::Int) result.layout = CodeLayout::Bytes;
  return result;
}

CodeRule plain_rule(const Grid& grid) { return code_rule(plain(grid.codec)); }

// Calls work(strip, row, zero points of the row) for every row of a CPU tensor, with the row's scales in the strip.
template <class Work>
void for_rows(const Grid& grid, const Codec& codec, const Work& work) {
  at::Tensor scale = grid.scale.contiguous();
  at::Tensor zero = codec.symmetric ? at::Tensor() : grid.zero.to(at::kChar).contiguous();
  int64_t units = codec.grid.columns, unit_rows = codec.whole_tensor ? codec.rows : codec.grid.unit_rows;
  at::parallel_for(0, codec.rows, 16, [&](int64_t begin, int64_t end) {
    Strip strip(codec);
    for (int64_t row = begin; row < end; ++row) {
      int64_t unit = row / unit_rows;
      const float* scales = scale.data_ptr<float>() + unit * units;
      if (row == begin || row % unit_rows == 0) std::copy(scales, scales + units, strip.scales.begin());
      work(strip, row, codec.symmetric ? nullptr : zero.data_ptr<int8_t>() + unit * units);
    }
  });
}

at::Tensor encode_on_cpu(const Grid& grid, const at::Tensor& weight) {
  Codec codec = plain(grid.codec);
  CodeRule rule = code_rule(codec);
  at::Tensor rows = weight.contiguous(), codes = at::empty(weight.sizes(), at::kByte);
  const float* in = rows.data_ptr<float>();
  uint8_t* out = codes.data_ptr<uint8_t>();
  for_rows(grid, codec, [&](Strip& strip, int64_t row, const int8_t* zeros) {
    uint8_t* to = out + row * codec.columns;
    if (codec.element != Element::Fp4) {
      encode_row(codec, rule, in + row * codec.columns, Dtype::F32, zeros, strip, to);
      return;
    }
    strip.stored.resize(static_cast<size_t>(codec.code_row_bytes()));
    encode_row(codec, rule, in + row * codec.columns, Dtype::F32, zeros, strip, strip.stored.data());
    const uint8_t* bytes = code_bytes(codec, strip.stored.data(), strip);
    std::copy(bytes, bytes + codec.columns, to);
  });
  return codes;
}

at::Tensor decode_on_cpu(const Grid& grid, const at::Tensor& codes) {
  Codec codec = plain(grid.codec);
  codec.layout = CodeLayout::Bytes;
  CodeRule rule = code_rule(codec);
  at::Tensor rows = codes.contiguous(), values = at::empty(codes.sizes(), at::kFloat);
  for_rows(grid, codec, [&](Strip& strip, int64_t row, const int8_t* zeros) {
    decode_row(codec, rule, rows.data_ptr<uint8_t>() + row * codec.columns, zeros, strip,
               values.data_ptr<float>() + row * codec.columns);
  });
  return values;
}

}  // namespace

at::Tensor encode(const Grid& grid, const at::Tensor& weight) {
  if (weight.is_cpu()) return encode_on_cpu(grid, weight);
  CodeRule rule = plain_rule(grid);
  at::Tensor codes = at::empty(weight.sizes(), weight.options().dtype(at::kByte));
  int64_t step = tile_rows(grid.codec, weight.device()), out = weight.size(0);
  at::Tensor scale = spread_rows(grid.codec, grid.scale, out);
  at::Tensor zero = grid.zero.defined() ? spread_rows(grid.codec, grid.zero, out) : grid.zero;
  Codec by_row = grid.codec;
  by_row.whole_tensor = false;
  by_row.grid.unit_rows = 1;
  for (int64_t row = 0; row < out; row += step) {
    int64_t rows = std::min(step, out - row);
    at::Tensor quotients = weight.narrow(0, row, rows) / spread(by_row, scale.narrow(0, row, rows), rows);
    if (zero.defined()) quotients.add_(spread(by_row, zero.narrow(0, row, rows), rows));
    codes.narrow(0, row, rows).copy_(codes_of_values(rule, nearest_values(rule, quotients)));
  }
  return codes;
}

at::Tensor decode(const Grid& grid, const at::Tensor& codes) {
  if (codes.is_cpu()) return decode_on_cpu(grid, codes);
  at::Tensor values = values_of_codes(plain_rule(grid), codes);
  if (grid.zero.defined()) values.sub_(spread(grid.codec, grid.zero, values.size(0)));
  return values.mul_(spread(grid.codec, grid.scale, values.size(0)));
}

}  // namespace lcr
