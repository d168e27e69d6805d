#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "backend/forward/operations.h"

namespace lcr::forward {
namespace {

const Sequences two{{5, 9}};

double difference(const at::Tensor& ours, const at::Tensor& exact) {
  return (ours.to(at::kDouble) - exact).abs().max().item<double>();
}

at::Tensor doubles(at::IntArrayRef shape) { return at::randn(shape).to(at::kDouble); }

using Inputs = std::vector<at::Tensor>;

double relative(const at::Tensor& ours, const at::Tensor& exact) {
  return difference(ours, exact) / exact.abs().max().item<double>();
}

// The float32 operation against its recurrence in float64: as it runs, as it runs where it is recorded, and what comes
// back there.
void expect_same(const Inputs& exact_inputs, const std::function<at::Tensor(const Inputs&)>& ours,
                 const std::function<at::Tensor(const Inputs&)>& exactly) {
  at::AutoGradMode differentiate(true);
  Inputs exact, floats, plain;
  for (const at::Tensor& input : exact_inputs) {
    exact.push_back(input.detach().clone().requires_grad_(true));
    plain.push_back(input.to(at::kFloat));
    floats.push_back(plain.back().detach().clone().requires_grad_(true));
  }
  const at::Tensor wanted = exactly(exact), recorded = ours(floats);
  // Measured: at most 1.3e-6, and 3e-6 of the gradients.
  EXPECT_LE(relative(ours(plain), wanted), 5e-6);
  EXPECT_LE(relative(recorded, wanted), 5e-6);
  const at::Tensor weights = doubles(wanted.sizes());
  (wanted * weights).sum().backward();
  (recorded * weights.to(at::kFloat)).sum().backward();
  for (size_t i = 0; i < exact.size(); ++i) {
    ASSERT_TRUE(floats[i].grad().defined()) << i;
    EXPECT_LE(relative(floats[i].grad(), exact[i].grad()), 1e-5) << i;
  }
}

// The second is longer than a chunk.
const Sequences uneven{{5, 70}};
constexpr int64_t rows = 75;

TEST(DeltaRule, FollowsItsRecurrenceThereAndBack) {
  at::manual_seed(1);
  auto unit = [](const at::Tensor& x) { return x / at::sqrt(x.square().sum() + 1e-6); };
  auto exactly = [&](const Inputs& in) {
    const at::Tensor &q = in[0], &k = in[1], &v = in[2], &decay = in[3], &beta = in[4];
    std::vector<at::Tensor> results;
    int64_t t = 0;
    for (int64_t length : uneven.lengths) {
      std::vector<at::Tensor> states(4, at::zeros({4, 6}, at::kDouble));
      for (int64_t end = t + length; t < end; ++t) {
        for (int64_t h = 0; h < 4; ++h) {
          at::Tensor key = unit(k[t][h / 2]), query = unit(q[t][h / 2]) / 2.0;
          at::Tensor& s = states[h];
          s = s * at::exp(decay[t][h]);
          s = s + at::outer(key, beta[t][h] * (v[t][h] - at::mv(s.t(), key)));
          results.push_back(at::mv(s.t(), query));
        }
      }
    }
    return at::stack(results).view({rows, 4, 6});
  };
  auto ours = [](const Inputs& in) { return delta_rule(in[0], in[1], in[2], in[3], in[4], uneven, at::kFloat); };
  expect_same({doubles({rows, 2, 4}), doubles({rows, 2, 4}), doubles({rows, 4, 6}), -0.3 * doubles({rows, 4}).abs(),
               at::sigmoid(doubles({rows, 4}))},
              ours, exactly);
}

TEST(SsmScan, FollowsItsRecurrenceThereAndBack) {
  at::manual_seed(2);
  auto exactly = [](const Inputs& in) {
    const at::Tensor &x = in[0], &dt = in[1], &a = in[2], &b = in[3], &c = in[4], &d = in[5];
    std::vector<at::Tensor> results;
    int64_t t = 0;
    for (int64_t length : uneven.lengths) {
      std::vector<at::Tensor> states(4, at::zeros({3, 5}, at::kDouble));
      for (int64_t end = t + length; t < end; ++t) {
        for (int64_t h = 0; h < 4; ++h) {
          at::Tensor& s = states[h];
          s = at::exp(dt[t][h] * a[h]) * s + at::outer(dt[t][h] * x[t][h], b[t][h / 2]);
          results.push_back(at::mv(s, c[t][h / 2]) + d[h] * x[t][h]);
        }
      }
    }
    return at::stack(results).view({rows, 4, 3});
  };
  auto ours = [](const Inputs& in) { return ssm_scan(in[0], in[1], in[2], in[3], in[4], in[5], uneven); };
  expect_same({doubles({rows, 4, 3}), doubles({rows, 4}).abs(), -doubles({4}).abs(), doubles({rows, 2, 5}),
               doubles({rows, 2, 5}), doubles({4})},
              ours, exactly);
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
