#pragma once

#include "backend/algorithms/grid.h"

namespace lcr {

// Rows that stand under one codec: a weight's, or those of several whose codecs are alike, one below the other.
struct RefitRows {
  Grid grid;             // scale and stored are replaced
  at::Tensor codes;      // uint8 [rows, in]
  at::Tensor decoded;    // f32 [rows, in], replaced
  at::Tensor target;     // f32 [rows, in], what the decoded rows stand for
};

// Scales once more after rounding, codes fixed: unit by unit the closed form (c H t^T) / (c H c^T) over what the other
// units leave, c the codes less their zero points, rounded to what can be stored; taken where the error falls. second is
// the undamped H. Gives by how much the error fell, f64 [R].
at::Tensor refit_scales(RefitRows& rows, const at::Tensor& second);

}  // namespace lcr
