#include <algorithm>

#include <ATen/Parallel.h>

#include "backend/algorithms/sweep.h"
#include "backend/formats/bits.h"
#include "compiler/diagnostics/check.h"

// The column sweep on a processor: sixteen rows at a time, transposed, so that every step works on sixteen numbers and a
// whole tile (128 columns) stays in the first-level cache.
namespace lcr {
namespace {

constexpr int lanes = 16;

struct Tile {
  alignas(64) float columns[LCR_PANEL][lanes];
  alignas(64) float errors[LCR_PANEL][lanes];
  alignas(64) uint8_t codes[LCR_PANEL][lanes];
};

struct Column {
  alignas(64) float scale[lanes], zero[lanes];
  alignas(64) uint32_t keep[lanes];  // all bits where the value may be other than 0
};

// A lane's value and code for a weight.
template <int Element, bool Zero>
LCR_SCALAR float choose(float weight, float scale, float zero, const lcr_cuda_panel& panel, uint32_t& code) {
  float quotient = weight / scale;
  if constexpr (Element == LCR_FP8) {
    bits::E4m3 number(quotient);
    code = static_cast<uint32_t>(number.code()) | (bits::of_float(weight) >> 24 & 0x80u);
    return bits::with_sign_of(weight, number.value()) * scale;
  } else if constexpr (Element == LCR_FP4) {
    bits::E2m1 number(quotient);
    code = static_cast<uint32_t>(number.code()) | (bits::of_float(weight) >> 28 & 8u);
    return bits::with_sign_of(weight, number.value()) * scale;
  } else {
    if constexpr (Zero) quotient += zero;
    quotient = quotient < panel.highest ? quotient : panel.highest;
    quotient = quotient > panel.lowest ? quotient : panel.lowest;
    float shifted = quotient + bits::round_magic;
    code = bits::of_float(shifted);
    return (shifted - bits::round_magic - zero) * scale;
  }
}

template <int Element, bool Zero, bool Keep>
void sweep_column(const lcr_cuda_panel& panel, const Column& column, int64_t at, Tile& tile) {
  float* weights = tile.columns[at];
  alignas(64) uint32_t codes[lanes];
  const float inverse = 1.f / panel.factor[at * panel.factor_stride + at];
  for (int lane = 0; lane < lanes; ++lane) {
    float value = choose<Element, Zero>(weights[lane], column.scale[lane], column.zero[lane], panel, codes[lane]);
    if constexpr (Keep) {
      value = bits::to_float(bits::of_float(value) & column.keep[lane]);
      uint32_t nothing = Zero ? bits::of_float(column.zero[lane] + bits::round_magic) : 0u;
      codes[lane] = (codes[lane] & column.keep[lane]) | (nothing & ~column.keep[lane]);
    }
    tile.errors[at][lane] = (weights[lane] - value) * inverse;
    weights[lane] = value;
  }
  for (int lane = 0; lane < lanes; ++lane) tile.codes[at][lane] = static_cast<uint8_t>(codes[lane]);
}

void correct_rest(const lcr_cuda_panel& panel, int64_t at, Tile& tile) {
  const float* factor = panel.factor + at * panel.factor_stride;
  const float* error = tile.errors[at];
  for (int64_t j = at + 1; j < panel.width; ++j)
    for (int lane = 0; lane < lanes; ++lane) tile.columns[j][lane] -= error[lane] * factor[j];
}

void load(const lcr_cuda_panel& panel, int64_t row, int rows, Tile& tile) {
  for (int lane = 0; lane < lanes; ++lane) {
    const float* from = panel.weights + (row + lane) * panel.weights_stride;
    for (int64_t j = 0; j < panel.width; ++j) tile.columns[j][lane] = lane < rows ? from[j] : 0.f;
  }
}

// The attribute: GCC 12 takes this for a function without effect (wrong code from -fipa-modref at -O1 and -O2).
[[gnu::noipa]] void save(const lcr_cuda_panel& panel, int64_t row, int rows, const Tile& tile) {
  for (int lane = 0; lane < rows; ++lane) {
    float* weights = panel.weights + (row + lane) * panel.weights_stride;
    float* errors = panel.errors + (row + lane) * panel.errors_stride;
    uint8_t* codes = panel.codes + (row + lane) * panel.codes_stride;
    for (int64_t j = 0; j < panel.width; ++j) {
      weights[j] = tile.columns[j][lane];
      errors[j] = tile.errors[j][lane];
      codes[j] = tile.codes[j][lane];
    }
  }
}

template <bool Zero, bool Keep>
void load_column(const lcr_cuda_panel& panel, int64_t row, int rows, int64_t at, Column& column) {
  for (int lane = 0; lane < rows; ++lane) {
    int64_t unit = (row + lane) / panel.unit_rows * panel.scales_stride + panel.units[at];
    column.scale[lane] = panel.scales[unit];
    if constexpr (Zero) column.zero[lane] = panel.zeros[unit];
    if constexpr (Keep) column.keep[lane] = panel.keep[(row + lane) * panel.keep_stride + at] ? ~0u : 0u;
  }
}

template <int Element, bool Zero, bool Keep>
void sweep_tiles(const lcr_cuda_panel& panel) {
  at::parallel_for(0, (panel.rows + lanes - 1) / lanes, 1, [&](int64_t begin, int64_t end) {
    Tile tile;
    Column column;
    for (int64_t i = begin; i < end; ++i) {
      int64_t row = i * lanes;
      int rows = static_cast<int>(std::min<int64_t>(lanes, panel.rows - row));
      std::fill(column.scale, column.scale + lanes, 1.f);
      std::fill(column.zero, column.zero + lanes, 0.f);
      std::fill(column.keep, column.keep + lanes, ~0u);
      load(panel, row, rows, tile);
      for (int64_t at = 0; at < panel.width; ++at) {
        load_column<Zero, Keep>(panel, row, rows, at, column);
        sweep_column<Element, Zero, Keep>(panel, column, at, tile);
        correct_rest(panel, at, tile);
      }
      save(panel, row, rows, tile);
    }
  });
}

template <int Element, bool Zero>
void sweep_kept(const lcr_cuda_panel& panel) {
  panel.keep != nullptr ? sweep_tiles<Element, Zero, true>(panel) : sweep_tiles<Element, Zero, false>(panel);
}

}  // namespace

void sweep_rows(const lcr_cuda_panel& panel) {
  LCR_CHECK(panel.width <= LCR_PANEL, "a panel is too wide");
  switch (panel.element) {
    case LCR_FP8: return sweep_kept<LCR_FP8, false>(panel);
    case LCR_FP4: return sweep_kept<LCR_FP4, false>(panel);
    default: return panel.zeros != nullptr ? sweep_kept<LCR_INT, true>(panel) : sweep_kept<LCR_INT, false>(panel);
  }
}

}  // namespace lcr
