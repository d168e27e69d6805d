#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/forward/operations.h"
#include "backend/forward/records.h"

namespace lcr::forward {
namespace {

Rotary scaled(std::string type, std::map<std::string, double> numbers, double limit = 4096) {
  Rotary rotary;
  rotary.dim = 16;
  rotary.type = std::move(type);
  rotary.numbers = std::move(numbers);
  rotary.limit = limit;
  return rotary;
}

// Inverse frequencies and attention factor of transformers 5.17.
void expect_frequencies(const Rotary& rotary, int64_t length, const std::vector<double>& inverse, double factor) {
  Frequencies ours = frequencies(rotary, length);
  ASSERT_EQ(ours.inverse.numel(), static_cast<int64_t>(inverse.size()));
  for (size_t i = 0; i < inverse.size(); ++i)
    EXPECT_NEAR(ours.inverse[i].item<double>() / inverse[i], 1, 1e-6) << "frequency " << i;
  EXPECT_NEAR(ours.factor, factor, 1e-12);
}

TEST(Frequencies, Linear) {
  expect_frequencies(scaled("linear", {{"factor", 8}}), 48,
                     {0.125, 0.03952847, 0.0125, 0.0039528473, 0.00125, 0.00039528473, 0.00012500001, 3.9528473e-05}, 1);
}

TEST(Frequencies, DynamicDependsOnTheLength) {
  Rotary rotary = scaled("dynamic", {{"factor", 2}});
  expect_frequencies(rotary, 48, {1, 0.31622776, 0.1, 0.031622779, 0.0099999998, 0.0031622779, 0.001, 0.00031622779}, 1);
  expect_frequencies(
      rotary, 5000,
      {1, 0.30013472, 0.09008085, 0.027036389, 0.0081145586, 0.0024354609, 0.00073096628, 0.00021938836}, 1);
}

TEST(Frequencies, Llama3) {
  expect_frequencies(scaled("llama3", {{"factor", 8},
                                       {"low_freq_factor", 1},
                                       {"high_freq_factor", 4},
                                       {"original_max_position_embeddings", 512}}),
                     48, {1, 0.31622776, 0.1, 0.018496677, 0.00125, 0.00039528473, 0.00012500001, 3.9528473e-05}, 1);
}

TEST(Frequencies, Yarn) {
  std::map<std::string, double> numbers{{"factor", 4}, {"original_max_position_embeddings", 1024}};
  expect_frequencies(scaled("yarn", numbers), 48,
                     {1, 0.31622776, 0.081250004, 0.019764237, 0.004375, 0.00079056947, 0.00025000001, 7.9056947e-05},
                     1.138629436111989);
  numbers.insert({{"mscale", 0.707}, {"mscale_all_dim", 1}, {"beta_fast", 16}, {"beta_slow", 2}});
  Rotary rotary = scaled("yarn", numbers);
  rotary.flags["truncate"] = false;
  expect_frequencies(rotary, 48,
                     {1, 0.31622776, 0.1, 0.018701805, 0.0024999999, 0.00079056947, 0.00025000001, 7.9056947e-05},
                     0.964326914892074);
}

TEST(Frequencies, LongropeHasTwoLists) {
  Rotary rotary = scaled("longrope", {{"factor", 4}, {"original_max_position_embeddings", 1024}});
  rotary.lists["short_factor"] = {1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7};
  rotary.lists["long_factor"] = {2, 3, 4, 5, 6, 7, 8, 9};
  expect_frequencies(
      rotary, 48,
      {1, 0.28747976, 0.083333336, 0.024325214, 0.0071428572, 0.0021081853, 0.00062499999, 0.00018601633},
      1.0954451150103321);
  expect_frequencies(
      rotary, 5000,
      {0.5, 0.10540925, 0.025, 0.0063245557, 0.0016666667, 0.00045175396, 0.00012500001, 3.5136418e-05},
      1.0954451150103321);
}

TEST(Rope, TurnsPairsByThePositionInTheSequence) {
  Rotary rotary = scaled("default", {});
  rotary.dim = 4;
  Sequences sequences{{3, 5}};
  RotaryTable table = rotary_table(rotary, sequences);
  at::manual_seed(1);
  at::Tensor x = at::randn({8, 2, 6});
  for (bool neighbours : {false, true}) {
    Attributes a;
    a.neighbours = neighbours;
    at::Tensor y = rope(x, table, a, at::kFloat);
    // Row 5 has position 2; the second pair turns a hundred times slower.
    for (int64_t pair = 0; pair < 2; ++pair) {
      int64_t i = neighbours ? 2 * pair : pair, j = neighbours ? 2 * pair + 1 : pair + 2;
      double angle = pair == 0 ? 2 : 0.02;
      double p = x[5][1][i].item<double>(), q = x[5][1][j].item<double>();
      EXPECT_NEAR(y[5][1][i].item<double>(), p * std::cos(angle) - q * std::sin(angle), 1e-6);
      EXPECT_NEAR(y[5][1][j].item<double>(), q * std::cos(angle) + p * std::sin(angle), 1e-6);
    }
    // The rest of the head passes.
    EXPECT_TRUE(y.narrow(2, 4, 2).equal(x.narrow(2, 4, 2)));
  }
}

TEST(Rope, RoundsTheTableWhereItIsSaid) {
  Rotary rotary = scaled("default", {});
  RotaryTable table = rotary_table(rotary, Sequences{{9}});
  at::manual_seed(2);
  at::Tensor x = at::randn({9, 1, 16}).to(at::kBFloat16);
  Attributes a;
  a.compute = Compute::F32;
  at::Tensor exact = rope(x.to(at::kFloat), table, a, at::kFloat).to(at::kBFloat16);
  EXPECT_TRUE(rope(x, table, a, at::kBFloat16).equal(exact));
  RotaryTable rounded{table.cosine.to(at::kBFloat16).to(at::kFloat), table.sine.to(at::kBFloat16).to(at::kFloat)};
  a.compute = Compute::Mixed;
  EXPECT_TRUE(rope(x, table, a, at::kBFloat16).equal(rope(x.to(at::kFloat), rounded, a, at::kFloat).to(at::kBFloat16)));
}

}  // namespace
}  // namespace lcr::forward
