#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/forward/operations.h"

namespace lcr::forward {
namespace {

at::Tensor random(at::IntArrayRef shape, uint64_t seed) {
  at::manual_seed(seed);
  return at::randn(shape);
}

at::Tensor unit(const at::Tensor& x, double eps) {
  at::Tensor d = x.to(at::kDouble);
  return d / at::sqrt(d.square().mean(-1, true) + eps);
}

void expect_close(const at::Tensor& ours, const at::Tensor& exact, double tolerance = 1e-6) {
  ASSERT_EQ(ours.sizes(), exact.sizes());
  EXPECT_LE((ours.to(at::kDouble) - exact).abs().max().item<double>(), tolerance);
}

TEST(RmsNorm, DividesByTheRootOfTheMeanSquare) {
  at::Tensor x = random({5, 16}, 1), w = random({16}, 2);
  Attributes a;
  a.eps = 1e-3;
  expect_close(rms_norm(x, w, a, at::kFloat), unit(x, 1e-3) * w.to(at::kDouble));
  expect_close(rms_norm(x, {}, a, at::kFloat), unit(x, 1e-3));
}

TEST(RmsNorm, AddsTheOffsetInFloat32) {
  at::Tensor x = random({5, 16}, 1), w = random({16}, 2).to(at::kBFloat16);
  Attributes a;
  a.offset = 1;
  a.compute = Compute::F32;
  at::Tensor exact = unit(x, 0) * (w.to(at::kDouble) + 1);
  expect_close(rms_norm(x, w, a, at::kFloat), exact);
  // One rounding to the model's dtype.
  EXPECT_TRUE(rms_norm(x, w, a, at::kBFloat16).equal(rms_norm(x, w, a, at::kFloat).to(at::kBFloat16)));
}

TEST(RmsNorm, RoundsBeforeTheWeightByDefault) {
  at::Tensor x = random({5, 16}, 1), w = random({16}, 2).to(at::kBFloat16);
  at::Tensor rounded = rms_norm(x, {}, {}, at::kBFloat16);
  EXPECT_TRUE(rms_norm(x, w, {}, at::kBFloat16).equal(rounded * w));
}

TEST(RmsNorm, NormalizesPartsAndWholeRows) {
  at::Tensor x = random({5, 16}, 1), w = random({16}, 2);
  Attributes a;
  a.groups = 4;
  expect_close(rms_norm(x, w, a, at::kFloat), unit(x.view({5, 4, 4}), 0).view({5, 16}) * w.to(at::kDouble));
  // A weight as wide as all heads together: one norm over the projection.
  expect_close(rms_norm(x.view({5, 4, 4}), w, {}, at::kFloat), (unit(x, 0) * w.to(at::kDouble)).view({5, 4, 4}));
  // A weight with a row a head.
  expect_close(rms_norm(x.view({5, 4, 4}), w.view({4, 4}), {}, at::kFloat),
               unit(x.view({5, 4, 4}), 0) * w.view({4, 4}).to(at::kDouble));
}

TEST(LayerNorm, SubtractsTheMean) {
  at::Tensor x = random({5, 16}, 1), w = random({16}, 2), b = random({16}, 3);
  Attributes a;
  a.eps = 1e-5;
  at::Tensor centred = x.to(at::kDouble) - x.to(at::kDouble).mean(-1, true);
  expect_close(layer_norm(x, w, b, a, at::kFloat), unit(centred, 1e-5) * w.to(at::kDouble) + b.to(at::kDouble));
  a.centred = true;
  expect_close(layer_norm(x, w, {}, a, at::kFloat), unit(x, 1e-5) * w.to(at::kDouble));
}

TEST(Norms, WithoutWeights) {
  at::Tensor x = random({3, 2, 8}, 4);
  expect_close(unit_rms(x, 1e-6), unit(x, 1e-6));
  at::Tensor d = x.to(at::kDouble);
  expect_close(l2_norm(x, 1e-6), d / at::sqrt(d.square().sum(-1, true) + 1e-6));
}

}  // namespace
}  // namespace lcr::forward
