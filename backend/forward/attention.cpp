#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/forward/operations.h"
#include "compiler/diagnostics/check.h"

namespace lcr::forward {
namespace {

// Query rows that are scored at once where the scores have to be kept: bounds them to block x keys x heads.
constexpr int64_t query_block = 1024;

// Images are not run, so no token sees another one as part of an image.
bool sees_nothing(const Mask& mask) { return mask.kind == Mask::Kind::None || mask.kind == Mask::Kind::Image; }

Mask simplified(const Mask& mask, int64_t length) {
  if (mask.kind == Mask::Kind::Either) {
    if (sees_nothing(mask.operands[1])) return simplified(mask.operands[0], length);
    if (sees_nothing(mask.operands[0])) return simplified(mask.operands[1], length);
    return mask;
  }
  bool bounded = mask.kind == Mask::Kind::Window || mask.kind == Mask::Kind::Chunk;
  return bounded && mask.size >= length ? Mask{} : mask;
}

double scale_of(const Attributes& attributes, const at::Tensor& q) {
  return attributes.has_scale ? attributes.scale : 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
}

// [n, H, L, d] of n sequences of one length.
at::Tensor heads_first(const at::Tensor& x, int64_t n) { return x.unflatten(0, {n, -1}).transpose(1, 2); }

// Softmax with the scores kept, for what the fused kernels do not know: soft caps, sinks, a softmax in the model's
// dtype. q [n, H, L, dk], k [n, G, S, dk], v [n, G, S, dv]; allowed [L, S].
at::Tensor attend_in_full(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& sinks,
                          const at::Tensor& allowed, const Attributes& attributes) {
  int64_t n = q.size(0), heads = q.size(1), length = q.size(2), groups = k.size(1), keys = k.size(2);
  at::Tensor rows = q.reshape({n, groups, heads / groups * length, q.size(3)});
  at::Tensor scores = at::matmul(rows, k.transpose(-1, -2)) * scale_of(attributes, q);
  scores = scores.view({n, heads, length, keys});
  if (attributes.softcap) scores = softcap(scores, *attributes.softcap);
  double lowest = scores.scalar_type() == at::kHalf ? -65504.0 : -3.3895313892515355e38;
  if (scores.scalar_type() == at::kFloat) lowest = std::numeric_limits<float>::lowest();
  scores = scores.masked_fill(allowed.logical_not(), lowest);
  if (sinks.defined()) {
    at::Tensor sink = sinks.to(scores.scalar_type()).view({1, heads, 1, 1}).expand({n, heads, length, 1});
    scores = at::cat({scores, sink}, -1);
    scores = scores - scores.amax(-1, true);
  }
  auto dtype = attributes.compute == Compute::Native ? scores.scalar_type() : at::kFloat;
  at::Tensor weights = at::softmax(scores.to(dtype), -1).to(q.scalar_type());
  if (sinks.defined()) weights = weights.narrow(-1, 0, keys);
  weights = weights.reshape({n, groups, heads / groups * length, keys});
  return at::matmul(weights, v).view({n, heads, length, v.size(3)});
}

at::Tensor attend_blocks(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& sinks,
                         const at::Tensor& allowed, const Attributes& attributes) {
  std::vector<at::Tensor> parts;
  for (int64_t begin = 0; begin < q.size(2); begin += query_block) {
    int64_t rows = std::min(query_block, q.size(2) - begin);
    parts.push_back(attend_in_full(q.narrow(2, begin, rows), k, v, sinks, allowed.narrow(0, begin, rows), attributes));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, 2);
}

// n sequences of one length, rows [n * L, …].
at::Tensor attend_equal(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& sinks,
                        const Attributes& attributes, int64_t n) {
  at::Tensor qs = heads_first(q, n), ks = heads_first(k, n), vs = heads_first(v, n), out;
  int64_t length = qs.size(2);
  Mask mask = simplified(attributes.mask, length);
  bool plain = !attributes.softcap && !sinks.defined() && attributes.compute != Compute::Native;
  if (plain && (mask.kind == Mask::Kind::Causal || mask.kind == Mask::Kind::Full)) {
    out = at::scaled_dot_product_attention(qs, ks, vs, {}, 0.0, mask.kind == Mask::Kind::Causal,
                                           scale_of(attributes, q), qs.size(1) != ks.size(1));
  } else {
    out = attend_blocks(qs, ks, vs, sinks, visible(mask, length).to(q.device()), attributes);
  }
  return out.transpose(1, 2).reshape({n * length, q.size(1), v.size(2)});
}

}  // namespace

at::Tensor visible(const Mask& mask, int64_t length) {
  at::Tensor i = at::arange(length, at::kLong).unsqueeze(1), j = at::arange(length, at::kLong).unsqueeze(0);
  at::Tensor causal = j <= i;
  switch (mask.kind) {
    case Mask::Kind::Full: return at::ones({length, length}, at::kBool);
    case Mask::Kind::Causal: return causal;
    case Mask::Kind::Window: return causal.logical_and(j > i - mask.size);
    case Mask::Kind::Chunk:
      return causal.logical_and(at::floor_divide(j, mask.size) == at::floor_divide(i, mask.size));
    case Mask::Kind::None:
    case Mask::Kind::Image: return at::zeros({length, length}, at::kBool);
    case Mask::Kind::ImageWindow: LCR_CHECK(false, "windows of an image in a text");
    case Mask::Kind::Either: break;
  }
  const Mask& first = mask.operands[0];
  const Mask& second = mask.operands[1];
  // A window limits what the other mask adds, too.
  if (first.kind == Mask::Kind::Window && !sees_nothing(second))
    return causal.logical_or(visible(second, length)).logical_and(j > i - first.size);
  return visible(first, length).logical_or(visible(second, length));
}

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& sinks,
                  const Attributes& attributes, const Sequences& sequences) {
  // Sequences of one length go together, up to a bound on the scores that are alive at once.
  constexpr int64_t together = 8;
  std::vector<at::Tensor> parts;
  int64_t row = 0;
  for (size_t first = 0; first < sequences.lengths.size();) {
    int64_t length = sequences.lengths[first], n = 1;
    while (n < together && first + n < sequences.lengths.size() && sequences.lengths[first + n] == length) ++n;
    auto rows = [&](const at::Tensor& x) { return x.narrow(0, row, n * length); };
    parts.push_back(attend_equal(rows(q), rows(k), rows(v), sinks, attributes, n));
    row += n * length;
    first += n;
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts);
}

}  // namespace lcr::forward
