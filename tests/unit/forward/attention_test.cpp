#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backend/forward/operations.h"

namespace lcr::forward {
namespace {

bool allowed(const Mask& mask, int64_t i, int64_t j) {
  switch (mask.kind) {
    case Mask::Kind::Full: return true;
    case Mask::Kind::Causal: return j <= i;
    case Mask::Kind::Window: return j <= i && i - j < mask.size;
    case Mask::Kind::Chunk: return j <= i && i / mask.size == j / mask.size;
    case Mask::Kind::Either: return allowed(mask.operands[0], i, j) || allowed(mask.operands[1], i, j);
    default: return false;
  }
}

// The definition, in doubles, one query at a time.
at::Tensor exact(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& sinks,
                 const Attributes& a, const Sequences& sequences) {
  int64_t heads = q.size(1), repeat = heads / k.size(1);
  double scale = a.has_scale ? a.scale : 1 / std::sqrt(q.size(2));
  at::Tensor out = at::zeros({q.size(0), heads, v.size(2)}, at::kDouble);
  int64_t start = 0;
  for (int64_t length : sequences.lengths) {
    for (int64_t i = 0; i < length; ++i) {
      for (int64_t h = 0; h < heads; ++h) {
        double sum = sinks.defined() ? std::exp(sinks[h].item<double>()) : 0;
        at::Tensor row = at::zeros({v.size(2)}, at::kDouble);
        for (int64_t j = 0; j < length; ++j) {
          if (!allowed(a.mask, i, j)) continue;
          double s = at::dot(q[start + i][h].to(at::kDouble), k[start + j][h / repeat].to(at::kDouble)).item<double>();
          s *= scale;
          if (a.softcap) s = *a.softcap * std::tanh(s / *a.softcap);
          sum += std::exp(s);
          row += std::exp(s) * v[start + j][h / repeat].to(at::kDouble);
        }
        out[start + i][h] = row / sum;
      }
    }
    start += length;
  }
  return out;
}

struct Case {
  const char* name;
  Mask mask;
  std::optional<double> softcap;
  bool sinks = false, scale = false;
};

class Attend : public testing::TestWithParam<Case> {};

TEST_P(Attend, FollowsItsDefinition) {
  const Case& c = GetParam();
  at::manual_seed(5);
  Sequences sequences{{7, 7, 12}};
  at::Tensor q = at::randn({26, 4, 8}), k = at::randn({26, 2, 8}), v = at::randn({26, 2, 6}), sinks = at::randn({4});
  Attributes a;
  a.mask = c.mask;
  a.softcap = c.softcap;
  a.sinks = c.sinks;
  if (c.scale) a.has_scale = true, a.scale = 0.7;
  if (!c.sinks) sinks = at::Tensor();
  at::Tensor difference = attend(q, k, v, sinks, a, sequences).to(at::kDouble) - exact(q, k, v, sinks, a, sequences);
  EXPECT_LE(difference.abs().max().item<double>(), 2e-6);
}

INSTANTIATE_TEST_SUITE_P(
    Masks, Attend,
    testing::Values(Case{"Causal", {}}, Case{"Full", {Mask::Kind::Full}}, Case{"Window", {Mask::Kind::Window, 3}},
                    Case{"WideWindow", {Mask::Kind::Window, 64}}, Case{"Chunk", {Mask::Kind::Chunk, 4}},
                    Case{"EitherWindow", {Mask::Kind::Either, 0, {{Mask::Kind::Window, 3}, {Mask::Kind::Image}}}},
                    Case{"EitherChunk", {Mask::Kind::Either, 0, {{Mask::Kind::Chunk, 4}, {Mask::Kind::Window, 2}}}},
                    Case{"Softcap", {}, 2.0}, Case{"Sinks", {}, {}, true}, Case{"Scale", {}, {}, false, true},
                    Case{"All", {Mask::Kind::Window, 5}, 3.0, true, true}),
    [](const auto& info) { return info.param.name; });

TEST(Visible, WindowLimitsWhatTheOtherMaskAdds) {
  Mask mask{Mask::Kind::Either, 0, {{Mask::Kind::Window, 2}, {Mask::Kind::Full}}};
  at::Tensor seen = visible(mask, 5);
  for (int64_t i = 0; i < 5; ++i)
    for (int64_t j = 0; j < 5; ++j) EXPECT_EQ(seen[i][j].item<bool>(), j > i - 2);
}

TEST(Attend, SoftmaxInTheModelsDtype) {
  at::manual_seed(6);
  at::Tensor q = at::randn({9, 2, 8}).to(at::kBFloat16), k = at::randn({9, 2, 8}).to(at::kBFloat16);
  at::Tensor v = at::randn({9, 2, 8}).to(at::kBFloat16);
  Attributes a;
  a.compute = Compute::Native;
  Sequences sequences{{9}};
  at::Tensor scores = at::matmul(q.transpose(0, 1), k.permute({1, 2, 0})) * (1 / std::sqrt(8.0));
  scores = scores.masked_fill(visible({}, 9).logical_not(), -3.3895313892515355e38);
  at::Tensor expected = at::matmul(at::softmax(scores, -1), v.transpose(0, 1)).transpose(0, 1);
  EXPECT_TRUE(attend(q, k, v, {}, a, sequences).equal(expected));
}

}  // namespace
}  // namespace lcr::forward
