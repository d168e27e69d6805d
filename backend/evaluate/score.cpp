#include "backend/evaluate/score.h"

#include <ATen/ATen.h>

namespace lcr {
namespace {

// Rows that predict a token of their own sequence, and those tokens.
struct Targets {
  std::vector<int64_t> rows, tokens;
};

Targets targets_of(const Pack& pack) {
  Targets targets;
  int64_t row = 0;
  for (int64_t length : pack.sequences.lengths) {
    for (int64_t i = 0; i + 1 < length; ++i, ++row) {
      targets.rows.push_back(row);
      targets.tokens.push_back(pack.ids[row + 1]);
    }
    ++row;
  }
  return targets;
}

double total(const at::Tensor& x) { return x.sum(at::kDouble).item<double>(); }

}  // namespace

void add_score(Score& score, const Pack& pack, const at::Tensor& logits, const at::Tensor& reference) {
  Targets targets = targets_of(pack);
  if (targets.rows.empty()) return;
  at::Tensor rows = at::tensor(targets.rows, at::kLong).to(logits.device());
  at::Tensor tokens = at::tensor(targets.tokens, at::kLong).to(logits.device());
  auto log_probabilities = [&](const at::Tensor& x) { return at::log_softmax(x.to(at::kFloat).index_select(0, rows), -1); };
  at::Tensor q = log_probabilities(logits);
  score.nll -= total(q.gather(1, tokens.unsqueeze(1)));
  score.tokens += targets.rows.size();
  if (!reference.defined()) return;
  at::Tensor p = log_probabilities(reference);
  score.agreeing += (q.argmax(-1) == p.argmax(-1)).sum().item<int64_t>();
  score.kl += total(at::exp(p) * (p - q));
}

}  // namespace lcr
