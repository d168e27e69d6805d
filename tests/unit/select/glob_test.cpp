#include "compiler/select/glob.h"

#include <gtest/gtest.h>

namespace lcr {
namespace {

TEST(Glob, IsAlwaysAFullMatch) {
  EXPECT_TRUE(matches(Glob("lm_head"), "lm_head"));
  EXPECT_FALSE(matches(Glob("lm_head"), "language_model.lm_head"));
  EXPECT_FALSE(matches(Glob("model.layers.1"), "model.layers.10"));
  EXPECT_FALSE(matches(Glob("a.b"), "a.b.c"));
}

TEST(Glob, StarStaysWithinASegment) {
  EXPECT_TRUE(matches(Glob("a.*.c"), "a.b.c"));
  EXPECT_FALSE(matches(Glob("a.*.c"), "a.b.b.c"));
  EXPECT_TRUE(matches(Glob("a.*_proj"), "a.q_proj"));
  EXPECT_FALSE(matches(Glob("a.*_proj"), "a.q_proj_norm"));
  EXPECT_TRUE(matches(Glob("*a*b*"), "xxaxxb"));
}

TEST(Glob, DoubleStarIsAnyNumberOfSegments) {
  EXPECT_TRUE(matches(Glob("**.up"), "up"));
  EXPECT_TRUE(matches(Glob("**.up"), "a.b.up"));
  EXPECT_FALSE(matches(Glob("**.up"), "a.b.xup"));
  EXPECT_TRUE(matches(Glob("a.**"), "a"));
  EXPECT_TRUE(matches(Glob("a.**.z"), "a.z"));
  EXPECT_TRUE(matches(Glob("a.**.m.**.z"), "a.b.m.c.d.z"));
  EXPECT_TRUE(matches(Glob("**"), "anything.at.all"));
}

TEST(Glob, BracesHoldWordsAndRanges) {
  EXPECT_TRUE(matches(Glob("{q,k,v}_proj"), "k_proj"));
  EXPECT_FALSE(matches(Glob("{q,k,v}_proj"), "o_proj"));
  EXPECT_TRUE(matches(Glob("layers.{0..3}.x"), "layers.3.x"));
  EXPECT_FALSE(matches(Glob("layers.{0..3}.x"), "layers.30.x"));
  EXPECT_FALSE(matches(Glob("layers.{0..3}.x"), "layers.03.x"));
  EXPECT_TRUE(matches(Glob("w{1,3,10..12}"), "w11"));
  EXPECT_FALSE(matches(Glob("w{1,3}"), "w11"));
}

TEST(Glob, SaysWhatIsMalformed) {
  EXPECT_EQ(Glob::problem("a..b"), "an empty segment");
  EXPECT_EQ(Glob::problem("a.{b"), "`{` without `}`");
  EXPECT_EQ(Glob::problem("a.b}"), "`}` without `{`");
  EXPECT_EQ(Glob::problem("a.{3..1}"), "a range that counts down");
  EXPECT_EQ(Glob::problem("a.x**"), "`**` beside other characters of a segment");
  EXPECT_EQ(Glob::problem("model.layers.*.self_attn.{q,k}_proj"), "");
}

TEST(Glob, ManyStarsStayCheap) {
  std::string pattern, name(200, 'a');
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(matches(Glob(pattern + "*b"), name));
}

TEST(NameTree, FindsTheSameAsNameByName) {
  std::vector<std::string> names;
  for (int layer = 0; layer < 20; ++layer)
    for (const char* tail : {"self_attn.q_proj", "mlp.experts.0.up", "mlp.experts.1.up", "self_attn.k_proj", "mlp.gate"})
      names.push_back("model.layers." + std::to_string(layer) + "." + tail);
  names.push_back("lm_head");
  names.push_back("model");
  std::vector<std::string_view> views(names.begin(), names.end());
  const NameTree tree(views);
  for (const char* pattern : {"**", "model.layers.1.**", "**.up", "model.layers.*.mlp.experts.{0..0}.up", "lm_head", "model",
                              "**.self_attn.*", "model.**.gate", "none"}) {
    const Glob glob(pattern);
    std::vector<uint32_t> found = find_all(glob, tree), expected;
    std::sort(found.begin(), found.end());
    for (uint32_t i = 0; i < names.size(); ++i)
      if (matches(glob, names[i])) expected.push_back(i);
    EXPECT_EQ(found, expected) << pattern;
  }
}

TEST(NameTree, KnowsWhereAPatternStops) {
  const std::vector<std::string_view> names = {"model.layers.0.self_attn.q_proj", "model.layers.0.mlp.up"};
  const GlobStop stop = furthest(Glob("model.layers.*.self_atn.q_proj"), NameTree(names));
  EXPECT_EQ(stop.segment, 3u);
  EXPECT_EQ(stop.continuations, (std::vector<std::string>{"mlp", "self_attn"}));
}

}  // namespace
}  // namespace lcr
