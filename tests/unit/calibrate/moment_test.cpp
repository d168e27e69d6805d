#include "backend/calibrate/moment.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace lcr {
namespace {

// Random rows of a fixed seed.
at::Tensor rows(int64_t count, int64_t width) {
  auto generator = at::detail::createCPUGenerator(7);
  return at::randn({count, width}, generator, at::TensorOptions().dtype(at::kFloat));
}

double error(const at::Tensor& mean, const at::Tensor& x) {
  at::Tensor wide = x.to(at::kDouble);
  at::Tensor expected = wide.t().mm(wide).div(static_cast<double>(x.size(0)));
  return (mean.to(at::kDouble) - expected).abs().max().item<double>() / expected.abs().max().item<double>();
}

TEST(SecondMoment, IsTheMeanOfOuterProducts) {
  at::Tensor x = rows(96, 40);
  SecondMoment moment;
  for (int part = 0; part < 8; ++part) moment.add(x.narrow(0, part * 12, 12), part);
  EXPECT_EQ(moment.tokens(), 96);
  EXPECT_LT(error(moment.mean(), x), 1e-5);
}

// Wider than one block of products: what is left out below the diagonal comes back.
TEST(SecondMoment, IsSymmetricAcrossBlocks) {
  at::Tensor x = rows(24, 1100);
  SecondMoment moment;
  moment.add(x, 0);
  at::Tensor mean = moment.mean();
  EXPECT_TRUE(mean.equal(mean.t()));
  EXPECT_LT(error(mean, x), 1e-5);
}

TEST(SecondMoment, TakesInputsOf16Bits) {
  at::Tensor x = rows(32, 24).to(at::kBFloat16);
  SecondMoment moment;
  moment.add(x, 0);
  EXPECT_LT(error(moment.mean(), x.to(at::kFloat)), 1e-5);
}

TEST(SecondMoment, IsUndefinedWithoutTokens) {
  SecondMoment moment;
  EXPECT_FALSE(moment.mean().defined());
}

// Every expert gets its part of each tile, which may be nothing.
TEST(SecondMoment, LetsEmptyTilesPass) {
  at::Tensor x = rows(16, 8);
  SecondMoment plain, with_gaps;
  plain.add(x, 0);
  with_gaps.add(x.narrow(0, 0, 0), 0);
  with_gaps.add(x, 0);
  with_gaps.add(x.narrow(0, 0, 0), 3);
  EXPECT_EQ(with_gaps.tokens(), 16);
  EXPECT_TRUE(with_gaps.mean().equal(plain.mean()));
}

// Wider than one block of products, and not symmetric.
TEST(CrossMoment, IsTheMeanOfProductsOfBothInputs) {
  at::Tensor original = rows(32, 600), x = original + 0.1 * rows(64, 600).narrow(0, 32, 32);
  CrossMoment moment;
  EXPECT_FALSE(moment.mean().defined());
  for (int part = 0; part < 8; ++part) moment.add(original.narrow(0, part * 4, 4), x.narrow(0, part * 4, 4), part);
  at::Tensor expected = original.to(at::kDouble).t().mm(x.to(at::kDouble)).div(32);
  EXPECT_LT((moment.mean().to(at::kDouble) - expected).abs().max().item<double>(), 1e-5);
}

}  // namespace
}  // namespace lcr
