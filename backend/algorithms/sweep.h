#pragma once

#include <ATen/core/Tensor.h>

#include "backend/algorithms/column_sweep.h"
#include "backend/formats/codec.h"

namespace lcr {

// A panel of at most LCR_PANEL columns on any device: views whose last dimension is dense.
struct Panel {
  Codec codec;
  at::Tensor scale, zero;  // of the grid, f32, dense; zero undefined: symmetric
  at::Tensor weights;      // f32 [rows, width]: in, and out as the chosen values
  at::Tensor factor;       // f32 [width, width], upper triangular
  at::Tensor units;        // int32 [width]: the column of scales of each column
  at::Tensor keep;         // uint8 [rows, width], 0 where the value must be 0; undefined: nowhere
  at::Tensor codes;        // uint8 [rows, width], out
  at::Tensor errors;       // f32 [rows, width], out: (weight - value) / factor's diagonal
};
void sweep(const Panel& panel);

// The same by tensor operations, a column at a time: on devices for which no sweep is registered.
void sweep_columns(const Panel& panel);

// The panel's rows on the CPU, in parallel.
void sweep_rows(const lcr_cuda_panel& panel);

}  // namespace lcr
