#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "backend/algorithms/grid.h"

namespace lcr {

struct FactorOptions {
  double damp = 0.01;        // added to the diagonal, of its mean
  double damp_limit = 1.0;   // tried last, after retries of ten times the damping
  bool activation_order = true;  // columns by falling second moment
};

// What one solve over inputs of one second moment H needs; shared by all weights that read these inputs.
struct Factor {
  at::Tensor order;  // int64 [in]: the column at each place of the solve; undefined: as they stand
  at::Tensor upper;  // f32 [in, in], upper triangular: (H + damping)^-1 = upper^T upper, in that order
  at::Tensor dead;   // bool [in]: columns whose input was always 0, by column; their diagonal counts as 1
  double damp = 0;   // the share of the mean that it took
  double added = 0;  // damp times the mean: what every diagonal element grew by
};

// second [in, in] f32, symmetric: mean over tokens of x x^T. Nothing when no damping up to the limit makes it positive
// definite, or it is not finite. GPTQ, arXiv 2210.17323, section 3.3; one Cholesky factor of the matrix in reverse order
// and one triangular solve give `upper`, where the paper inverts and factorizes once more.
std::optional<Factor> factorize(const at::Tensor& second, const FactorOptions& options);

struct GptqOptions {
  enum class Dead { Rtn, Zero };
  int64_t block = 128;     // columns per lazy update
  Dead dead = Dead::Rtn;   // what becomes of columns whose input was always 0
  bool refit = false;      // scales once more, in closed form, after rounding
  bool measure = true;     // Solved::reference, one product of the size of the weight times H
};

struct Solved {
  at::Tensor codes;    // uint8 [out, in], as encode() gives them
  at::Tensor decoded;  // f32 [out, in]
  Grid grid;           // the one given, but for scales that refit changed
  // tr((T - Q) H (T - Q)^T), Q the decoded weight, T what it stands for: the weight itself, or the target that `cross`
  // makes of it.
  double error = 0;
  double reference = 0;  // tr(W H W^T) where measured
};

// One of the weights that share a factor.
struct Solvable {
  at::Tensor weight;     // f32 [out, in]
  Grid grid;
  at::Tensor keep_mask;  // bool [out, in], true where the weight may be other than 0; undefined: everywhere
};

// Rounds column by column and corrects the columns that follow (GPTQ; equal to Babai's nearest plane on the lattice of H,
// arXiv 2507.18553). Scales are those of the members' grids whatever the order of columns. second is the undamped H of
// `factor`. cross [in, in] f32 is mean X_original^T X, rows of tokens, for weights that shall give what they gave on the
// original model's inputs (GPTAQ, arXiv 2504.02692); undefined: on these inputs.
std::vector<Solved> gptq(const std::vector<Solvable>& members, const Factor& factor, const at::Tensor& second,
                         const at::Tensor& cross, const GptqOptions& options);

// For one weight.
Solved gptq(const at::Tensor& weight, const Grid& grid, const Factor& factor, const at::Tensor& second,
            const at::Tensor& cross, const at::Tensor& keep_mask, const GptqOptions& options);

}  // namespace lcr
