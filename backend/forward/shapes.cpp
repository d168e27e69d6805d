#include <ATen/ATen.h>

#include "backend/forward/operations.h"

namespace lcr::forward {

at::Tensor concat(const std::vector<at::Tensor>& parts, const Dims& dims) {
  std::vector<int64_t> shape{parts.front().size(0)};
  shape.insert(shape.end(), dims.begin(), dims.end());
  // Everything but the last dimension is that of the result.
  std::vector<at::Tensor> expanded;
  for (const at::Tensor& part : parts) {
    shape.back() = part.size(-1);
    expanded.push_back(part.expand(shape));
  }
  return at::cat(expanded, -1);
}

at::Tensor prepend(const at::Tensor& x, const at::Tensor& token, const Sequences& sequences) {
  std::vector<at::Tensor> parts;
  at::Tensor first = token.reshape({1, -1}).to(x.scalar_type());
  int64_t start = 0;
  for (int64_t length : sequences.lengths) {
    parts.push_back(first);
    parts.push_back(x.narrow(0, start, length));
    start += length;
  }
  return at::cat(parts);
}

at::Tensor drop_first(const at::Tensor& x, const Sequences& sequences) {
  std::vector<at::Tensor> parts;
  int64_t start = 0;
  for (int64_t length : sequences.lengths) {
    parts.push_back(x.narrow(0, start + 1, length - 1));
    start += length;
  }
  return at::cat(parts);
}

}  // namespace lcr::forward
