#include <ATen/ATen.h>

#include "backend/forward/operations.h"
#include "backend/forward/records.h"

namespace lcr::forward {
namespace {

// Entries outside of the `among` best of `groups` equal parts, by their best or the sum of their best two, get `fill`.
at::Tensor keep_groups(const at::Tensor& by, const Attributes& attributes) {
  at::Tensor parts = by.view({by.size(0), attributes.groups, -1});
  at::Tensor score = attributes.score_top2
                         ? std::get<0>(parts.topk(std::min<int64_t>(2, parts.size(-1)), -1)).sum(-1)
                         : parts.amax(-1);
  at::Tensor best = std::get<1>(score.topk(attributes.among, -1));
  at::Tensor dropped = at::ones_like(score, at::kBool).scatter(1, best, false);
  return parts.masked_fill(dropped.unsqueeze(-1), attributes.fill).view(by.sizes());
}

}  // namespace

Routing top_k(const at::Tensor& scores, const at::Tensor& by, const Attributes& attributes) {
  at::Tensor choice = by.defined() ? by : scores;
  bool grouped = attributes.groups > 1 && attributes.among < attributes.groups;
  if (grouped) choice = keep_groups(choice.contiguous(), attributes);
  at::Tensor indices = std::get<1>(choice.topk(attributes.k, -1));
  const at::Tensor& from = grouped && !by.defined() ? choice : scores;
  return {from.gather(1, indices), indices};
}

}  // namespace lcr::forward
