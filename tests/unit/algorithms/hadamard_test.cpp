#include "backend/algorithms/hadamard.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/algorithms/hadamard_bases.h"

namespace lcr::tests {
namespace {

bool is_hadamard(const at::Tensor& h) {
  int64_t n = h.size(0);
  bool signs = (h.abs() == 1).all().item<bool>();
  return signs && at::matmul(h, h.t()).equal(static_cast<double>(n) * at::eye(n, at::kDouble));
}

bool is_orthogonal(const at::Tensor& q, double tolerance) {
  return at::allclose(at::matmul(q, q.t()), at::eye(q.size(0), q.options()), 0, tolerance);
}

// Every size up to 256 that a Hadamard matrix can have, but for three that take other constructions.
TEST(Hadamard, EverySizeIsOrthogonal) {
  EXPECT_TRUE(is_hadamard(hadamard_signs(1)));
  EXPECT_TRUE(is_hadamard(hadamard_signs(2)));
  for (int64_t n = 4; n <= 256; n += 4) {
    if (n == 188 || n == 236 || n == 244) {
      EXPECT_FALSE(has_hadamard(n));
      continue;
    }
    ASSERT_TRUE(has_hadamard(n)) << n;
    EXPECT_TRUE(is_hadamard(hadamard_signs(n))) << n;
  }
  for (int64_t n : {3, 6, 10, 0, -4}) EXPECT_FALSE(has_hadamard(n)) << n;
}

// Widths of published models: their bases stay small.
TEST(Hadamard, WidthsInUse) {
  for (auto [n, base] : {std::pair{768, 12}, {896, 28}, {1536, 12}, {2560, 20}, {2880, 180}, {3072, 12}, {3584, 28},
                         {4864, 76}, {5120, 20}, {8960, 140}, {9728, 76}, {11008, 172}, {13824, 108}, {14336, 28},
                         {18944, 148}, {25600, 100}, {27648, 108}, {28672, 28}, {29568, 924}, {4096, 1}})
    EXPECT_EQ(hadamard_base(n), base) << n;
}

TEST(Hadamard, PowersOfTwoAreSylvesters) {
  at::Tensor two = at::tensor({1., 1., 1., -1.}, at::kDouble).view({2, 2});
  EXPECT_TRUE(hadamard_signs(8).equal(at::kron(two, at::kron(two, two))));
}

TEST(Hadamard, RandomOnesAreOrthogonalAndFollowTheirSeed) {
  at::Tensor h = random_hadamard(48, 5);
  EXPECT_TRUE(is_orthogonal(h, 1e-12));
  EXPECT_TRUE(h.equal(random_hadamard(48, 5)));
  EXPECT_FALSE(h.equal(random_hadamard(48, 6)));
  // The first bits of std::mt19937_64 with its own default seed.
  EXPECT_TRUE(random_signs(8, 5489).equal(at::tensor({1., -1., 1., 1., -1., -1., -1., -1.}, at::kDouble)));
}

TEST(Hadamard, RandomOrthogonal) {
  at::Tensor q = random_orthogonal(33, 7);
  EXPECT_TRUE(is_orthogonal(q, 1e-12));
  EXPECT_TRUE(q.equal(random_orthogonal(33, 7)));
  EXPECT_FALSE(q.equal(random_orthogonal(33, 8)));
  // Entries of a uniform one have the variance 1 / n.
  at::Tensor wide = random_orthogonal(200, 1);
  EXPECT_NEAR(wide.mean().item<double>(), 0, 2e-3);
  EXPECT_NEAR(wide.pow(4).mean().item<double>() * 200 * 200, 3, 0.1);
}

TEST(Hadamard, BlockDiagonal) {
  at::Tensor whole = block_diagonal(hadamard(4), 12);
  EXPECT_TRUE(is_orthogonal(whole, 1e-12));
  EXPECT_TRUE(whole.narrow(0, 4, 4).narrow(1, 4, 4).equal(hadamard(4)));
  EXPECT_EQ(whole.narrow(0, 0, 4).narrow(1, 4, 8).abs().sum().item<double>(), 0);
}

TEST(Hadamard, FastProductIsTheDenseOne) {
  for (int64_t n : {1, 2, 16, 12, 40, 224, 344, 512}) {
    at::Tensor x = at::sin(at::arange(6 * n, at::kDouble)).view({2, 3, n}), h = hadamard(n);
    EXPECT_TRUE(at::allclose(times_hadamard(x), at::matmul(x, h), 1e-10, 1e-12)) << n;
    EXPECT_TRUE(at::allclose(times_hadamard_transposed(x), at::matmul(x, h.t()), 1e-10, 1e-12)) << n;
  }
}

}  // namespace
}  // namespace lcr::tests
