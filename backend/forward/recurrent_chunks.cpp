#include "backend/forward/recurrent_chunks.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace lcr::forward {
namespace {

// Positions whose mutual influence is a product of matrices; the state is carried from one to the next. What is kept
// for the way back is a state a chunk instead of one a position.
constexpr int64_t chunk = 64;

// x [rows, H, d] as [sequences, H, chunks, chunk, d], with zeros behind every sequence: they leave the state as it is.
at::Tensor in_chunks(const at::Tensor& x, const Sequences& sequences, int64_t chunks) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part : x.split_with_sizes(sequences.lengths))
    parts.push_back(at::constant_pad_nd(part, {0, 0, 0, 0, 0, chunks * chunk - part.size(0)}));
  return at::stack(parts).transpose(1, 2).unflatten(2, {chunks, chunk});
}

at::Tensor from_chunks(const at::Tensor& y, const Sequences& sequences) {
  const at::Tensor rows = y.flatten(2, 3).transpose(1, 2);
  std::vector<at::Tensor> parts;
  for (size_t s = 0; s < sequences.lengths.size(); ++s)
    parts.push_back(rows[static_cast<int64_t>(s)].narrow(0, 0, sequences.lengths[s]));
  return at::cat(parts);
}

at::Tensor transposed_product(const at::Tensor& a, const at::Tensor& b) { return at::matmul(a, b.transpose(-1, -2)); }

}  // namespace

// The chunked form of the gated delta rule (arXiv 2412.06464, section 3.3), which without `beta` is that of Mamba 2.
at::Tensor recurrence(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& decay,
                      const at::Tensor& beta, const Sequences& sequences) {
  const int64_t longest = *std::max_element(sequences.lengths.begin(), sequences.lengths.end());
  const int64_t chunks = (longest + chunk - 1) / chunk, width = v.size(-1);
  const at::Tensor qs = in_chunks(q, sequences, chunks), ks = in_chunks(k, sequences, chunks);
  at::Tensor us = in_chunks(v, sequences, chunks), against;
  // Of every position since its chunk's begin, [sequences, H, chunks, chunk, 1].
  const at::Tensor decays = in_chunks(decay.unsqueeze(-1), sequences, chunks).cumsum(-2);
  const at::Tensor kept = decays.exp();
  // From one position (column) to a later one (row); what is above the diagonal would overflow.
  const at::Tensor between = (decays - decays.transpose(-1, -2)).tril().exp().tril();
  const at::Tensor scores = transposed_product(qs, ks) * between;
  if (beta.defined()) {
    // What positions write depends on those before: (I + L) u = beta (v - kept k S).
    const at::Tensor betas = in_chunks(beta.unsqueeze(-1), sequences, chunks), keys = betas * ks;
    const at::Tensor matrix = (transposed_product(keys, ks) * between).tril(-1) + at::eye(chunk, k.options());
    const at::Tensor right = at::cat({betas * us, keys * kept}, -1);
    const at::Tensor solved =
        at::linalg_solve_triangular(matrix, right, /*upper=*/false, /*left=*/true, /*unitriangular=*/true);
    us = solved.narrow(-1, 0, width);
    against = solved.narrow(-1, width, k.size(-1));
  }
  at::Tensor state = at::zeros({qs.size(0), qs.size(1), k.size(-1), width}, k.options());
  std::vector<at::Tensor> results;
  for (int64_t c = 0; c < chunks; ++c) {
    const auto of = [&](const at::Tensor& x) { return x.select(2, c); };
    at::Tensor u = of(us);
    if (beta.defined()) u = u - at::matmul(of(against), state);
    results.push_back(at::matmul(of(qs) * of(kept), state) + at::matmul(of(scores), u));
    const at::Tensor last = of(decays).narrow(-2, chunk - 1, 1);
    state = state * last.exp() + at::matmul((of(ks) * (last - of(decays)).exp()).transpose(-1, -2), u);
  }
  return from_chunks(at::stack(results, 2), sequences);
}

}  // namespace lcr::forward
