#include <memory>

#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/recipe/bind.h"
#include "tests/support/golden.h"

namespace lcr {
namespace {

struct Bound {
  Sources sources;
  Diagnostics diagnostics;
  std::optional<Recipe> recipe;
};

std::unique_ptr<Bound> bind(const std::string& body, BindOptions options = {},
                            const std::string& name = "folder/r.lcr") {
  auto bound = std::make_unique<Bound>();
  std::string text = "language 1\nrecipe \"r\"\n" + body + "\nexport dense { dir = \"out\" }\n";
  bound->recipe = bind_recipe(bound->sources, bound->sources.add(name, text), options, bound->diagnostics);
  EXPECT_EQ(render_concise(bound->sources, bound->diagnostics), "");
  return bound;
}

const ParameterValue& solver_parameter(const Bound& bound, const std::string& name) {
  return bound.recipe->rules.back().stack->solver.parameters.at(name);
}

constexpr const char* gptq_rule =
    "use std.schemes.{W4A16}\n"
    "default keep\n"
    "calibrate { data = data  length = 512tok  pick = random(seed = 7) }\n"
    "param data : source = text(\"a.jsonl\", samples = 16)\n"
    "param damp : ratio = 1%\n"
    "quantize type(linear) as W4A16 with gptq(damp = damp)\n";

TEST(Params, TakeTheirDefault) {
  auto bound = bind(gptq_rule);
  EXPECT_EQ(std::get<double>(solver_parameter(*bound, "damp")), 0.01);
  EXPECT_EQ(bound->recipe->calibration->data.at(0).path, "folder/a.jsonl");
  EXPECT_EQ(bound->recipe->exports.at(0).dir, "folder/out");
}

TEST(Params, AreSetInTheGrammarOfTheLanguage) {
  auto bound =
      bind(gptq_rule, {{{"damp", "5%"}, {"data", "[chat(\"b.jsonl\", samples = 2), tokens(\"c\", samples = 3)]"}}});
  EXPECT_EQ(std::get<double>(solver_parameter(*bound, "damp")), 0.05);
  ASSERT_EQ(bound->recipe->calibration->data.size(), 2u);
  // A path on the command line is relative to where the command runs.
  EXPECT_EQ(bound->recipe->calibration->data[0].path, "b.jsonl");
  EXPECT_EQ(bound->recipe->calibration->data[1].field, "input_ids");
}

TEST(Params, GoThroughPresetsWithTheNamesOfTheGiver) {
  auto bound = bind(
      "extends std.presets.w4a16_gptq(data = source, damp = share)\n"
      "param source : source = text(\"a.jsonl\", samples = 16)\n"
      "param share  : ratio = 10%\n"
      "use std.roles.{head}\n"
      "use std.schemes.{FP8_DYNAMIC}\n"
      "override quantize head as FP8_DYNAMIC with rtn\n");
  const Recipe& recipe = *bound->recipe;
  ASSERT_EQ(recipe.rules.size(), 3u);
  EXPECT_EQ(recipe.rules[1].level, 0);
  EXPECT_EQ(recipe.rules[2].level, 1);
  EXPECT_EQ(std::get<double>(recipe.rules[1].stack->solver.parameters.at("damp")), 0.1);
  EXPECT_EQ(recipe.calibration->data.at(0).path, "folder/a.jsonl");
  EXPECT_EQ(recipe.calibration->length, 2048);
}

TEST(Params, StandForSelectionsAndPrecisions) {
  auto bound = bind(
      "use std.schemes.{W4A16, FP8_DYNAMIC}\n"
      "param part  : selection = `**.q_proj` | `**.k_proj`\n"
      "param cache : precision = fp8(per = tensor, dynamic = true)\n"
      "param width : count = 64\n"
      "scheme MINE { weights = int4(per = group(width), symmetric = true) }\n"
      "default keep\n"
      "quantize part as MINE with rtn\n"
      "quantize type(keys) as cache with rtn\n",
      {{{"width", "32"}}});
  EXPECT_EQ(bound->recipe->rules.at(0).precision->weights->group, 32);
  EXPECT_TRUE(bound->recipe->rules.at(1).cache->dynamic);
}

TEST(Stacks, HoldEveryParameter) {
  auto bound = bind(
      "use std.schemes.{W4A16}\n"
      "default keep\n"
      "calibrate { data = text(\"a\", samples = 16)  length = 512tok  pick = first }\n"
      "method tune = awq(grid = 30) then quip(rotations = [v, u], kind = random, seed = 3) then autoround(steps = 50, "
      "seed = 1)\n"
      "quantize type(linear) as W4A16 with tune\n");
  const Stack& stack = *bound->recipe->rules.at(0).stack;
  ASSERT_EQ(stack.transforms.size(), 2u);
  EXPECT_EQ(to_string(stack, true),
            "awq(duo = on, grid = 30, loss = block) then quip(rotations = [v, u], kind = random, seed = 3) then "
            "autoround(steps = 50, batch = 8, rate = 0.02, seed = 1)");
}

TEST(Stacks, HaveInputRangesWhereThereIsAScaleToFind) {
  auto bound = bind(
      "use std.schemes.{FP8, FP8_DYNAMIC, NVFP4}\n"
      "default keep\n"
      "calibrate { data = text(\"a\", samples = 16)  length = 512tok  pick = first }\n"
      "quantize `a` as FP8 with rtn\n"
      "quantize `b` as FP8_DYNAMIC with rtn\n"
      "quantize `c` as NVFP4 with rtn(input_range = percentile(99.9%))\n");
  const std::vector<Rule>& rules = bound->recipe->rules;
  EXPECT_EQ(to_string(*rules.at(0).stack, true), "rtn(range = minmax, input_range = minmax)");
  EXPECT_EQ(to_string(*rules.at(1).stack, true), "rtn(range = minmax)");
  EXPECT_EQ(to_string(*rules.at(2).stack), "rtn(input_range = percentile(99.9%))");
}

TEST(Presets, OfTheOwnFolderAreImportedByName) {
  auto bound = bind(
      "use \"_team_preset.lcr\".{team_preset}\n"
      "use \"_team.lcr\".{edges, TEAM as MINE, careful}\n"
      "extends team_preset(data = text(\"a.jsonl\", samples = 4))\n"
      "override quantize edges as MINE with careful\n",
      {}, golden::path("fail/names/r.lcr"));
  EXPECT_EQ(bound->recipe->rules.size(), 2u);
  EXPECT_EQ(to_string(*bound->recipe->rules.back().stack), "awq(duo = both) then gptq");
  EXPECT_EQ(bound->recipe->calibration->data.at(0).path, golden::path("fail/names/a.jsonl"));
}

}  // namespace
}  // namespace lcr
