#pragma once

#include <optional>
#include <vector>

#include "backend/forward/sequences.h"
#include "backend/forward/tensor.h"
#include "compiler/model/graph.h"

// The primitive operations on tensors [rows, dims…], one function each; docs/architectures.md defines them. `native` is
// the dtype that the model runs in. Absent optional weights are undefined tensors.
namespace lcr::forward {

// y = flat(x) Wᵀ + b in x's dtype, [rows, out]. The bias is added after the product has been rounded when
// `bias_apart`, as experts do.
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool bias_apart);

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, const Attributes& attributes, at::ScalarType native);
at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Attributes& attributes,
                      at::ScalarType native);
at::Tensor unit_rms(const at::Tensor& x, double eps);
at::Tensor l2_norm(const at::Tensor& x, double eps);

// Frequencies of a table, float32 on the CPU, [dim / 2], and the factor on cosine and sine, for sequences of `length`
// positions: dynamic and longrope depend on it.
struct Frequencies;
Frequencies frequencies(const Rotary& rotary, int64_t length);
// Cosine and sine [rows, dim / 2] of every row's position, float32.
struct RotaryTable;
RotaryTable rotary_table(const Rotary& rotary, const Sequences& sequences);
at::Tensor rope(const at::Tensor& x, const RotaryTable& table, const Attributes& attributes, at::ScalarType native);

// q [rows, H, dk], k [rows, G, dk], v [rows, G, dv] -> [rows, H, dv]; sinks [H]. Keys are those of the query's own
// sequence that the mask lets through.
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& sinks,
                  const Attributes& attributes, const Sequences& sequences);
// Which keys (columns) each position (row) of a text of `length` tokens sees, [length, length] bool.
at::Tensor visible(const Mask& mask, int64_t length);

at::Tensor activate(const at::Tensor& x, Activation activation);
// activate(gate) * value.
at::Tensor gated(const at::Tensor& gate, const at::Tensor& value, Activation activation);
// Add, Subtract, Multiply, Divide of two values, or of one and the attributes' constant.
at::Tensor arithmetic(Op op, const at::Tensor& x, const at::Tensor& y);
at::Tensor arithmetic(Op op, const at::Tensor& x, const Attributes& attributes, at::ScalarType native);
at::Tensor softcap(const at::Tensor& x, double cap);
at::Tensor clamp(const at::Tensor& x, const Attributes& attributes);
at::Tensor normalize(const at::Tensor& x, double eps);

// concat on the last dimension; a single head is repeated to the heads of the others.
at::Tensor concat(const std::vector<at::Tensor>& parts, const Dims& dims);
// `token` [1, d] before every sequence; and the rows that are first in their sequence removed.
at::Tensor prepend(const at::Tensor& x, const at::Tensor& token, const Sequences& sequences);
at::Tensor drop_first(const at::Tensor& x, const Sequences& sequences);

// Chosen weights and indices, both [rows, k]; `by` undefined: chosen by the scores themselves.
struct Routing;
Routing top_k(const at::Tensor& scores, const at::Tensor& by, const Attributes& attributes);

// Depthwise, left-padded: y[t] = Σ_j w[:, j] x[t - width + 1 + j] within the sequence; weight [d, 1, width].
at::Tensor causal_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Sequences& sequences);
// Over the rows of each sequence; weight [out, in, width].
at::Tensor conv1d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Attributes& attributes,
                  const Sequences& sequences);
// q, k [rows, Hk, dk], v [rows, Hv, dv], decay, beta [rows, Hv] -> [rows, Hv, dv] in `native`. State in float32.
at::Tensor delta_rule(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& decay,
                      const at::Tensor& beta, const Sequences& sequences, at::ScalarType native);
// x [rows, H, p], dt [rows, H], a [H], b, c [rows, G, n], d [H] -> [rows, H, p] float32.
at::Tensor ssm_scan(const at::Tensor& x, const at::Tensor& dt, const at::Tensor& a, const at::Tensor& b,
                    const at::Tensor& c, const at::Tensor& d, const Sequences& sequences);
// q (1 + scale log1p(floor((position + 1) / floor))).
at::Tensor temperature(const at::Tensor& q, double floor, double scale, const Sequences& sequences);

}  // namespace lcr::forward
