#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "backend/algorithms/grid.h"
#include "backend/formats/bits.h"
#include "backend/formats/kernels.h"
#include "backend/formats/strip.h"
#include "backend/forward/host_copies.h"

namespace lcr {
namespace {

std::vector<std::byte> packed_codes(const Codec& codec, const at::Tensor& codes) {
  std::vector<std::byte> out(static_cast<size_t>(codec.rows * codec.code_row_bytes()));
  int width = codec.layout == CodeLayout::Words ? codec.bits : codec.layout == CodeLayout::Nibbles ? 4 : 8;
  uint8_t offset = codec.layout == CodeLayout::Words ? static_cast<uint8_t>(-codec.lowest()) : uint8_t{0};
  at::parallel_for(0, codec.rows, 32, [&](int64_t begin, int64_t end) {
    std::vector<uint8_t> row(static_cast<size_t>(codec.columns));
    for (int64_t i = begin; i < end; ++i) {
      const uint8_t* from = codes.data_ptr<uint8_t>() + i * codec.columns;
      std::transform(from, from + codec.columns, row.begin(), [&](uint8_t code) { return static_cast<uint8_t>(code + offset); });
      uint8_t* to = reinterpret_cast<uint8_t*>(out.data()) + i * codec.code_row_bytes();
      if (width != 8) {
        kernels().pack(row.data(), codec.columns, width, to, codec.code_row_bytes());
      } else {
        std::copy(row.begin(), row.end(), to);
      }
    }
  });
  return out;
}

std::vector<std::byte> stored_scales(const Codec& codec, const at::Tensor& stored) {
  int64_t count = stored.numel();
  std::vector<std::byte> out(static_cast<size_t>(count * size_of(codec.scale)));
  const float* from = stored.data_ptr<float>();
  auto* bytes = reinterpret_cast<uint8_t*>(out.data());
  switch (codec.scale) {
    case Dtype::F8E4M3: std::transform(from, from + count, bytes, bits::to_e4m3); break;
    case Dtype::U8:
    case Dtype::F8E8M0:
      // Powers of two: the exponent field, which is 0 for 2^-127.
      std::transform(from, from + count, bytes, [](float scale) { return static_cast<uint8_t>(bits::of_float(scale) >> 23); });
      break;
    default: kernels().narrow(from, count, codec.scale, out.data());
  }
  return out;
}

std::vector<std::byte> stored_zero_points(const Codec& codec, const at::Tensor& zero) {
  std::vector<std::byte> out(static_cast<size_t>(zero_point_bytes(codec, codec.grid.rows)));
  // Packed along the rows, 32 of them in whole words.
  for (int64_t row = 0; row < codec.grid.rows; row += 32) {
    int64_t rows = std::min<int64_t>(32, codec.grid.rows - row);
    store_zero_points(codec, zero.data_ptr<int8_t>() + row * codec.grid.columns, rows,
                      out.data() + zero_point_bytes(codec, row));
  }
  return out;
}

}  // namespace

PackedWeight store(const Grid& grid, const at::Tensor& codes) {
  const Codec& codec = grid.codec;
  PackedWeight weight;
  weight.codes = packed_codes(codec, host_copy(codes).contiguous());
  weight.scales = stored_scales(codec, host_copy(grid.stored).contiguous());
  if (!codec.symmetric) weight.zero_points = stored_zero_points(codec, grid.zero.cpu().to(at::kChar).contiguous());
  weight.global = grid.global;
  return weight;
}

}  // namespace lcr
