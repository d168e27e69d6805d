#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backend/forward/operations.h"

namespace lcr::forward {
namespace {

const Sequences two{{5, 9}};

double difference(const at::Tensor& ours, const at::Tensor& exact) {
  return (ours.to(at::kDouble) - exact).abs().max().item<double>();
}

at::Tensor doubles(at::IntArrayRef shape) { return at::randn(shape).to(at::kDouble); }

TEST(DeltaRule, FollowsItsRecurrence) {
  at::manual_seed(1);
  at::Tensor q = doubles({14, 2, 4}), k = doubles({14, 2, 4}), v = doubles({14, 4, 6});
  at::Tensor decay = -doubles({14, 4}).abs(), beta = at::sigmoid(doubles({14, 4}));
  at::Tensor exact = at::zeros({14, 4, 6}, at::kDouble);
  auto unit = [](const at::Tensor& x) { return x / at::sqrt(x.square().sum() + 1e-6); };
  int64_t t = 0;
  for (int64_t length : two.lengths) {
    std::vector<at::Tensor> states(4, at::zeros({4, 6}, at::kDouble));
    for (int64_t end = t + length; t < end; ++t) {
      for (int64_t h = 0; h < 4; ++h) {
        at::Tensor key = unit(k[t][h / 2]), query = unit(q[t][h / 2]) / 2.0;
        at::Tensor& s = states[h];
        s = s * at::exp(decay[t][h]);
        s = s + at::outer(key, beta[t][h] * (v[t][h] - at::mv(s.t(), key)));
        exact[t][h] = at::mv(s.t(), query);
      }
    }
  }
  auto f = [](const at::Tensor& x) { return x.to(at::kFloat); };
  EXPECT_LE(difference(delta_rule(f(q), f(k), f(v), f(decay), f(beta), two, at::kFloat), exact), 1e-6);
}

TEST(SsmScan, FollowsItsRecurrence) {
  at::manual_seed(2);
  at::Tensor x = doubles({14, 4, 3}), dt = doubles({14, 4}).abs(), a = -doubles({4}).abs();
  at::Tensor b = doubles({14, 2, 5}), c = doubles({14, 2, 5}), d = doubles({4});
  at::Tensor exact = at::zeros({14, 4, 3}, at::kDouble);
  int64_t t = 0;
  for (int64_t length : two.lengths) {
    std::vector<at::Tensor> states(4, at::zeros({3, 5}, at::kDouble));
    for (int64_t end = t + length; t < end; ++t) {
      for (int64_t h = 0; h < 4; ++h) {
        at::Tensor& s = states[h];
        s = at::exp(dt[t][h] * a[h]) * s + at::outer(dt[t][h] * x[t][h], b[t][h / 2]);
        exact[t][h] = at::mv(s, c[t][h / 2]) + d[h] * x[t][h];
      }
    }
  }
  auto f = [](const at::Tensor& y) { return y.to(at::kFloat); };
  EXPECT_LE(difference(ssm_scan(f(x), f(dt), f(a), f(b), f(c), f(d), two), exact), 5e-6);
}

TEST(CausalConv, SeesOnlyTheRowsBeforeInItsSequence) {
  at::manual_seed(3);
  at::Tensor x = doubles({14, 6}), w = doubles({6, 1, 4}), bias = doubles({6});
  at::Tensor exact = at::zeros({14, 6}, at::kDouble);
  int64_t start = 0;
  for (int64_t length : two.lengths) {
    for (int64_t t = 0; t < length; ++t) {
      exact[start + t] = bias;
      for (int64_t j = 0; j < 4; ++j)
        if (t - 3 + j >= 0) exact[start + t] += w.select(2, j).select(1, 0) * x[start + t - 3 + j];
    }
    start += length;
  }
  at::Tensor ours = causal_conv(x.to(at::kFloat), w.to(at::kFloat), bias.to(at::kFloat), two);
  EXPECT_LE(difference(ours, exact), 1e-6);
}

TEST(Conv1d, StridesOverTheRowsOfASequence) {
  at::manual_seed(4);
  at::Tensor x = doubles({14, 3}), w = doubles({5, 3, 3}), bias = doubles({5});
  Attributes a;
  a.stride = 2;
  a.pad = 1;
  at::Tensor ours = conv1d(x.to(at::kFloat), w.to(at::kFloat), bias.to(at::kFloat), a, two);
  // ceil(5 / 2) and ceil(9 / 2) rows.
  ASSERT_EQ(ours.size(0), 8);
  int64_t row = 0, start = 0;
  for (int64_t length : two.lengths) {
    for (int64_t t = 0; t < length; t += 2, ++row) {
      at::Tensor exact = bias.clone();
      for (int64_t j = 0; j < 3; ++j)
        if (int64_t s = t - 1 + j; s >= 0 && s < length) exact += at::mv(w.select(2, j), x[start + s]);
      EXPECT_LE(difference(ours[row], exact), 1e-6);
    }
    start += length;
  }
}

TEST(Temperature, GrowsWithThePosition) {
  at::Tensor q = at::ones({14, 1, 2});
  at::Tensor ours = temperature(q, 4, 0.5, two);
  EXPECT_FLOAT_EQ(ours[2][0][0].item<float>(), 1);
  // Position 7 of the second sequence: floor(8 / 4) = 2.
  EXPECT_FLOAT_EQ(ours[12][0][1].item<float>(), 1 + 0.5 * std::log1p(2.0));
}

TEST(Prepend, PutsARowBeforeEverySequence) {
  at::Tensor x = at::arange(14, at::kFloat).view({14, 1});
  at::Tensor longer = prepend(x, at::full({1, 1}, -1.f), two);
  ASSERT_EQ(longer.size(0), 16);
  EXPECT_EQ(longer[0].item<float>(), -1);
  EXPECT_EQ(longer[6].item<float>(), -1);
  EXPECT_TRUE(drop_first(longer, Sequences{{6, 10}}).equal(x));
}

}  // namespace
}  // namespace lcr::forward
