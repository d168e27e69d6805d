#include "backend/algorithms/prune.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "compiler/diagnostics/check.h"

namespace lcr {

int64_t removed(double share, int64_t n) {
  // Shares come from decimal percentages: 29 % of 100 is 29, not 28.999….
  return std::min(n, static_cast<int64_t>(share * static_cast<double>(n) + 1e-6));
}

at::Tensor lowest(const at::Tensor& scores, int64_t count) {
  LCR_CHECK(count >= 0 && count <= scores.size(-1), "more scores asked for than there are");
  if (count == 0) return at::zeros_like(scores, at::kBool);
  at::Tensor limit = std::get<0>(at::kthvalue(scores, count, -1, true));
  at::Tensor below = scores < limit, equal = scores == limit;
  at::Tensor wanted = count - below.sum(-1, true);
  // Running counts are wide and rarely needed.
  if (at::any(equal.sum(-1, true) > wanted).item<bool>()) equal.logical_and_(equal.cumsum(-1) <= wanted);
  return below.logical_or_(equal);
}

at::Tensor lowest_of_groups(const at::Tensor& scores, int64_t kept, int64_t group) {
  LCR_CHECK(group > 0 && kept >= 0 && kept <= group && scores.size(-1) % group == 0, "no whole groups");
  at::Tensor grouped = scores.unflatten(-1, {-1, group});
  at::Tensor rank = at::zeros_like(grouped, at::kShort);
  for (int64_t j = 0; j < group; ++j) {
    at::Tensor other = grouped.narrow(-1, j, 1);
    rank.add_(other < grouped);
    // Of equal ones those on the left come first.
    if (j + 1 < group) rank.narrow(-1, j + 1, group - j - 1).add_(grouped.narrow(-1, j + 1, group - j - 1) == other);
  }
  return (rank < group - kept).flatten(-2);
}

at::Tensor wanda_mask(const at::Tensor& weight, const at::Tensor& square_norms, const Amount& amount, bool keep_zeros) {
  at::Tensor scores = weight.to(at::kFloat).abs() * square_norms.sqrt();
  if (keep_zeros) scores.masked_fill_(weight == 0, -std::numeric_limits<double>::infinity());
  at::Tensor gone = amount.group > 0 ? lowest_of_groups(scores, amount.kept, amount.group)
                                     : lowest(scores, removed(amount.share, weight.size(1)));
  if (keep_zeros) gone.logical_or_(weight == 0);
  return gone.logical_not_();
}

at::Tensor magnitude_mask(const at::Tensor& weight, const Amount& amount) {
  at::Tensor scores = weight.abs();
  if (amount.group > 0) return lowest_of_groups(scores, amount.kept, amount.group).logical_not_();
  return lowest(scores.flatten(), removed(amount.share, weight.numel())).logical_not_().view(weight.sizes());
}

at::Tensor existing_mask(const at::Tensor& weight) { return weight != 0; }

double outlier_ratio(const std::vector<at::Tensor>& weights, const std::vector<at::Tensor>& norms, double outlier) {
  LCR_CHECK(weights.size() == norms.size(), "one vector of norms a weight");
  auto importance = [&](size_t i) { return weights[i].to(at::kFloat).abs() * norms[i]; };
  double sum = 0, count = 0, above = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    sum += importance(i).sum(at::kDouble).item<double>();
    count += static_cast<double>(weights[i].numel());
  }
  for (size_t i = 0; i < weights.size(); ++i)
    above += static_cast<double>((importance(i) > outlier * sum / count).sum().item<int64_t>());
  return count == 0 ? 0 : 100 * above / count;
}

std::vector<double> owl_shares(const std::vector<double>& ratios, double share, double spread) {
  std::vector<double> shares(ratios.size(), share);
  if (ratios.empty()) return shares;
  auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
  if (*low == *high) return shares;
  double mean = 0;
  for (double ratio : ratios) mean += (ratio - *low) * 2 * spread / (*high - *low) / static_cast<double>(ratios.size());
  for (size_t i = 0; i < ratios.size(); ++i) {
    double scaled = (ratios[i] - *low) * 2 * spread / (*high - *low);
    shares[i] = std::clamp(share + mean - scaled, 0.0, 1.0);
  }
  return shares;
}

}  // namespace lcr
