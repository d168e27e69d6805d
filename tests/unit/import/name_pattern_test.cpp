#include "compiler/import/name_pattern.h"

#include <gtest/gtest.h>

#include "compiler/select/glob.h"
#include "compiler/select/regex.h"

namespace lcr::foreign {
namespace {

const std::vector<std::string> names = {
    "lm_head", "lm_head_2", "q_proj", "model.embed_tokens", "model.norm", "model.layers.0.self_attn.q_proj",
    "model.layers.0.self_attn.q_proj_norm", "model.layers.1.self_attn.q_proj", "model.layers.10.self_attn.k_proj",
    "model.layers.1.mlp.gate", "model.layers.1.mlp.experts.7.down_proj", "model.layers.2.mlp.down_proj",
    "model.layers.12.mlp.down_proj.lora", "visual.blocks.0.attn.qkv", "model.visual.merger.mlp.0", "visualx"};

const std::vector<std::string> expressions = {".*",
                                              "lm_head",
                                              "lm_head$",
                                              ".*lm_head",
                                              ".*lm_head$",
                                              "re",
                                              ".*q_proj$",
                                              ".*q_proj",
                                              ".*\\.q_proj$",
                                              ".+q_proj$",
                                              ".*self_attn\\.(q|k)_proj$",
                                              ".*self_attn\\.[qk]_proj$",
                                              "model\\.layers\\.(0|1|2)\\..*",
                                              "model\\.layers\\.1.*",
                                              "model\\.layers\\..*\\.mlp\\.down_proj$",
                                              "model.layers.1.mlp",
                                              ".*mlp.*",
                                              ".*\\.mlp\\..*",
                                              "model\\.layers\\.\\d+\\.mlp\\.down_proj$",
                                              "(model|visual)\\..*",
                                              ".*visual.*",
                                              "^visual\\..*$",
                                              ".*experts.*\\.(gate|up|down)_proj$",
                                              "a|lm_head",
                                              "(a|lm_head)$",
                                              ".*(q|k)_proj(_norm)?$",
                                              "model\\.(?!layers).*"};

// Both readings of an expression find what `re.match` finds.
TEST(NamePattern, GlobsAndExpressionsFindTheSameNames) {
  int globs = 0;
  for (const std::string& expression : expressions) {
    const NameRegex reference(expression, NameRegex::Anchor::Start);
    const NameRegex whole(whole_expression(expression), NameRegex::Anchor::Whole);
    ASSERT_TRUE(whole.problem().empty()) << expression;
    const auto steps = steps_of_expression(expression);
    const auto glob = steps ? glob_of(*steps) : std::nullopt;
    globs += glob.has_value();
    for (const std::string& name : names) {
      const bool found = reference.match(name) == NameRegex::Result::Yes;
      EXPECT_EQ(whole.match(name) == NameRegex::Result::Yes, found) << expression << " " << name;
      if (!glob) continue;
      EXPECT_EQ(matches(Glob(*glob), name), found) << expression << " as " << *glob << " " << name;
    }
  }
  EXPECT_GE(globs, 15);
}

// No name is found by two expressions that are told apart.
TEST(NamePattern, DisjointOnesShareNoName) {
  int apart = 0;
  for (const std::string& a : expressions)
    for (const std::string& b : expressions) {
      const auto one = steps_of_expression(a), other = steps_of_expression(b);
      if (!one || !other || !disjoint(*one, *other)) continue;
      ++apart;
      const NameRegex left(a, NameRegex::Anchor::Start), right(b, NameRegex::Anchor::Start);
      for (const std::string& name : names)
        EXPECT_FALSE(left.match(name) == NameRegex::Result::Yes && right.match(name) == NameRegex::Result::Yes)
            << a << " " << b << " " << name;
    }
  EXPECT_GE(apart, 20);
}

TEST(NamePattern, GlobsAreReadable) {
  const auto glob = [](const char* expression) { return glob_of(*steps_of_expression(expression)).value_or("none"); };
  EXPECT_EQ(glob(".*q_proj$"), "**.*q_proj");
  EXPECT_EQ(glob(".*self_attn\\.(q|k|v)_proj$"), "**.*self_attn.{q,k,v}_proj");
  EXPECT_EQ(glob("model\\.layers\\.(0|1|2|3)\\.mlp\\.up_proj$"), "model.layers.{0..3}.mlp.up_proj");
  EXPECT_EQ(glob("lm_head$"), "lm_head");
  EXPECT_EQ(glob(".*"), "**");
  EXPECT_EQ(glob("a.*b$"), "none");
}

}  // namespace
}  // namespace lcr::foreign
