#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "backend/forward/operations.h"
#include "backend/forward/records.h"

namespace lcr::forward {
namespace {

at::Tensor row(std::initializer_list<float> values) { return at::tensor(std::vector<float>(values)).unsqueeze(0); }

std::vector<int64_t> chosen(const Routing& routing) {
  at::Tensor sorted = std::get<0>(routing.indices.flatten().sort());
  return {sorted.data_ptr<int64_t>(), sorted.data_ptr<int64_t>() + sorted.numel()};
}

TEST(TopK, ChoosesTheLargestScores) {
  Attributes a;
  a.k = 2;
  Routing routing = top_k(row({0.1f, 0.5f, 0.2f, 0.4f}), {}, a);
  EXPECT_EQ(chosen(routing), (std::vector<int64_t>{1, 3}));
  EXPECT_FLOAT_EQ(routing.weights[0][0].item<float>(), 0.5f);
}

TEST(TopK, ChoosesByOneValueAndTakesTheWeightsOfAnother) {
  Attributes a;
  a.k = 1;
  Routing routing = top_k(row({0.1f, 0.5f, 0.2f}), row({9, 1, 2}), a);
  EXPECT_EQ(chosen(routing), (std::vector<int64_t>{0}));
  EXPECT_FLOAT_EQ(routing.weights[0][0].item<float>(), 0.1f);
}

TEST(TopK, KeepsTheBestGroups) {
  Attributes a;
  a.k = 2;
  a.groups = 2;
  a.among = 1;
  a.fill = -std::numeric_limits<double>::infinity();
  at::Tensor scores = row({0.9f, 0.05f, 0.0f, 0.6f, 0.5f, 0.1f});
  // By the best member the first group wins, by the sum of the best two the second.
  EXPECT_EQ(chosen(top_k(scores, {}, a)), (std::vector<int64_t>{0, 1}));
  a.score_top2 = true;
  EXPECT_EQ(chosen(top_k(scores, {}, a)), (std::vector<int64_t>{3, 4}));
}

TEST(TopK, FillsTheOtherGroups) {
  Attributes a;
  a.k = 3;
  a.groups = 2;
  a.among = 1;
  a.fill = 0;
  Routing routing = top_k(row({0.9f, 0.3f, 0.8f, 0.7f}), {}, a);
  // The third place falls to a member of the lost group, with the filled score.
  EXPECT_FLOAT_EQ(routing.weights.sum().item<float>(), 1.2f);
}

TEST(Normalize, DividesByTheSum) {
  EXPECT_TRUE(normalize(row({1, 3}), 0).equal(row({0.25f, 0.75f})));
}

TEST(Arithmetic, ConstantsOnEitherSideAndRounded) {
  Attributes a;
  a.constant = 2;
  EXPECT_TRUE(arithmetic(Op::Divide, row({1, 4}), a, at::kFloat).equal(row({0.5f, 2})));
  a.constant_left = true;
  EXPECT_TRUE(arithmetic(Op::Divide, row({1, 4}), a, at::kFloat).equal(row({2, 0.5f})));
  EXPECT_TRUE(arithmetic(Op::Subtract, row({1, 4}), a, at::kFloat).equal(row({1, -2})));
  a = {};
  a.constant = 16.97;
  a.constant_native = true;
  // bf16 has eight significant bits.
  EXPECT_FLOAT_EQ(arithmetic(Op::Multiply, row({1}), a, at::kBFloat16).item<float>(), 17.f);
}

TEST(Clamp, SidesAreOptional) {
  Attributes a;
  a.has_high = true;
  a.high = 2;
  EXPECT_TRUE(clamp(row({-5, 3}), a).equal(row({-5, 2})));
  a.has_low = true;
  a.low = -1;
  EXPECT_TRUE(clamp(row({-5, 3}), a).equal(row({-1, 2})));
}

TEST(Activate, SquaredReluAndSigmoidGelu) {
  EXPECT_TRUE(activate(row({-2, 3}), Activation::Relu2).equal(row({0, 9})));
  float x = 0.7f;
  EXPECT_FLOAT_EQ(activate(row({x}), Activation::QuickGelu).item<float>(), x / (1 + std::exp(-1.702f * x)));
}

TEST(Concat, RepeatsASingleHead) {
  at::Tensor x = concat({at::zeros({3, 4, 2}), at::ones({3, 1, 5})}, {4, 7});
  ASSERT_EQ(x.sizes(), (at::IntArrayRef{3, 4, 7}));
  EXPECT_EQ(x.sum().item<float>(), 3 * 4 * 5);
}

}  // namespace
}  // namespace lcr::forward
