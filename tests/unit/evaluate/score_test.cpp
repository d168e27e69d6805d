#include "backend/evaluate/score.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace lcr {
namespace {

at::Tensor logits(std::initializer_list<std::vector<float>> rows) {
  std::vector<at::Tensor> all;
  for (const auto& row : rows) all.push_back(at::tensor(row));
  return at::stack(all);
}

TEST(Score, LastRowsOfSequencesPredictNothing) {
  // Two sequences of two tokens: rows 0 and 2 count.
  Pack pack{{0, 1, 1, 0}, {{2, 2}}};
  float third = std::log(3.0f);
  at::Tensor q = logits({{0, third}, {9, 9}, {0, third}, {9, 9}});
  Score score;
  add_score(score, pack, q, {});
  EXPECT_EQ(score.tokens, 2u);
  // Probabilities 3/4 of token 1 and 1/4 of token 0.
  EXPECT_NEAR(score.nll, -std::log(0.75) - std::log(0.25), 1e-6);
}

TEST(Score, DivergenceAndAgreement) {
  Pack pack{{0, 1, 0}, {{3}}};
  at::Tensor q = logits({{0, 0}, {0, std::log(3.0f)}, {0, 0}});
  at::Tensor p = logits({{0, 0}, {std::log(3.0f), 0}, {0, 0}});
  Score score;
  add_score(score, pack, q, p);
  EXPECT_EQ(score.agreeing, 1u);
  EXPECT_NEAR(score.kl, 0.75 * std::log(3.0) + 0.25 * std::log(1 / 3.0), 1e-6);
}

}  // namespace
}  // namespace lcr
