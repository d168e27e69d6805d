#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/diagnostics/codes/planning.h"
#include "planner/plan/ranges.h"
#include "planner/plan/yaml.h"
#include "planner/plan/yaml_allocation.h"
#include "tests/unit/planner/random_plan.h"
#include "tests/unit/planner/tiny_model.h"

namespace lcr::test {
namespace {

std::optional<Plan> parsed(const std::string& text, Diagnostics& diagnostics) {
  Sources sources;
  return parse_plan(sources, sources.add("plan.yaml", text), diagnostics);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string a_plan() {
  TinyOptions options;
  options.experts = 4;
  const TinyModel model = tiny_model(options);
  return write_plan(*plan_of(model, linears_as(model, nvfp4())));
}

TEST(PlanFile, ReadsBackWhatItWrote) {
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    const Plan plan = random_plan(random);
    const std::string text = write_plan(plan);
    Diagnostics diagnostics;
    const auto read = parsed(text, diagnostics);
    ASSERT_TRUE(read) << diagnostics.items().front().message << "\n" << text;
    ASSERT_TRUE(*read == plan) << text << "\n--- read as ---\n" << write_plan(*read);
    ASSERT_EQ(write_plan(*read), text);
  }
}

TEST(PlanFile, WritesInstancesAsRanges) {
  EXPECT_NE(a_plan().find("model.layers.{0..3}"), std::string::npos);
  const std::vector<std::string> names{"a.0", "a.1", "a.2", "a.4", "b", "c.7.x", "c.8.x", "c.08.x"};
  const auto texts = with_ranges(names);
  EXPECT_EQ(texts, (std::vector<std::string>{"a.{0..2}", "a.4", "b", "c.{7..8}.x", "c.08.x"}));
  EXPECT_EQ(without_ranges(texts, 100), names);
  EXPECT_FALSE(without_ranges({"a.{0..4000000000000000000}"}, 100));
}

TEST(ScoreFile, ReadsBackWhatItWroteAndRefusesTheRest) {
  const Scores scores{"hessian", 4, 1, ~uint64_t{0}, 0, {{"a.{b, c}", {0.1, 1e-17, 0}}, {"model.layers.* (12 modules)", {3}}}};
  const std::string text = write_scores(scores);
  for (const auto& [from, to] : {std::pair("", ""), {"lcr-scores: 1", "lcr-scores: 2"}, {"0.1", "many"}, {"measure", "messure"},
                                 {"0000000000000001", "1"}, {"groups", "- groups"}}) {
    Sources sources;
    Diagnostics diagnostics;
    const auto read = read_scores(sources, sources.add("scores.yaml", replaced(text, from, to)), diagnostics);
    ASSERT_EQ(read.has_value(), *from == 0) << to;
    EXPECT_TRUE(read ? *read == scores : diagnostics.items().front().code == codes::L5018);
  }
}

struct Damage {
  const char* from;
  const char* to;
  Code code;
  uint32_t line;  // 0: any
};

TEST(PlanFile, RefusesWhatItDoesNotKnow) {
  const std::string good = a_plan();
  for (const Damage& damage : {
           Damage{"lcr-plan: 1.0", "lcr-plan: 2.0", codes::L5008, 0},
           Damage{"lcr-plan: 1.0", "lcr-plan: 1.7", codes::L5008, 0},
           Damage{"lcr-plan: 1.0", "lcr-plan: one", codes::L5007, 1},
           Damage{"workers:", "wokers:", codes::L5007, 0},
           Damage{"tool: ", "tool: [1]\nrest: ", codes::L5007, 2},
           Damage{"device: cpu", "device: cpu\ndevice: cpu", codes::L5007, 0},
           Damage{"tile-bytes: ", "tile-bytes: -", codes::L5007, 0},
           Damage{"tile-bytes: ", "tile-bytes: 99999999999999999999", codes::L5007, 0},
           Damage{"do: read", "do: reed", codes::L5007, 0},
           Damage{"{0..3}", "{0..99999999}", codes::L5007, 0},
           Damage{"symmetric: true", "symmetric: \"true\"", codes::L5007, 0},
           Damage{"units:", "units: [", codes::L5007, 0},
           Damage{"units:", "---\nunits:", codes::L5007, 0},
           Damage{"device: cpu", "device: tpu", codes::L5009, 0},
           Damage{"instances:", "instances: &x", codes::L5007, 0},
       }) {
    Sources sources;
    Diagnostics diagnostics;
    const uint32_t file = sources.add("plan.yaml", replaced(good, damage.from, damage.to));
    const auto plan = read_plan(sources, file, diagnostics);
    if (plan && std::string(damage.from) == "instances:") continue;
    EXPECT_FALSE(plan) << damage.to;
    ASSERT_GT(diagnostics.size(), 0u) << damage.to;
    EXPECT_EQ(diagnostics.items()[0].code, damage.code) << damage.to << ": " << diagnostics.items()[0].message;
    if (damage.line != 0) {
      EXPECT_EQ(sources.file(file).position(diagnostics.items()[0].span().begin).line, damage.line);
    }
  }
}

TEST(PlanFile, SurvivesDamagedBytes) {
  const std::string good = a_plan();
  std::mt19937 random(11);
  for (int i = 0; i < 300; ++i) {
    std::string text = good;
    for (int n = 1 + int(random() % 4); n > 0; --n) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = char(random());
          break;
        case 1:
          text.erase(at, random() % 40);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 40));
          break;
        default:
          text.resize(at + 1);
          break;
      }
    }
    Sources sources;
    Diagnostics diagnostics;
    const auto plan = read_plan(sources, sources.add("plan.yaml", text), diagnostics);
    EXPECT_TRUE(plan || diagnostics.has_errors());
  }
}

TEST(PlanFile, StopsAtDeepAndRepeatedText) {
  Diagnostics diagnostics;
  EXPECT_FALSE(parsed(std::string(200'000, '['), diagnostics));
  std::string bomb = "lcr-plan: 1.0\ntool: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name < 'k'; ++name)
    bomb +=
        fmt::format("{}x: &{} [*{}, *{}, *{}, *{}, *{}, *{}, *{}, *{}]\n", name, name, char(name - 1), char(name - 1),
                    char(name - 1), char(name - 1), char(name - 1), char(name - 1), char(name - 1), char(name - 1));
  EXPECT_FALSE(parsed(bomb, diagnostics));
}

}  // namespace
}  // namespace lcr::test
