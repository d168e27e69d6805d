#include "compiler/select/select.h"

#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/diagnostics/codes/selection.h"
#include "tests/unit/select/build_graph.h"

namespace lcr {
namespace {

template <typename Term>
Selection term(Term value, bool optional = false) {
  Selection selection;
  selection.optional = optional;
  selection.term = std::move(value);
  return selection;
}

Selection glob(std::string pattern, bool optional = false) { return term(GlobTerm{std::move(pattern)}, optional); }

Selection combine(SetTerm::Kind kind, Selection a, Selection b) {
  SetTerm set{kind, {}};
  set.operands.push_back(std::move(a));
  set.operands.push_back(std::move(b));
  return term(std::move(set));
}

struct SelectorTest : testing::Test {
  ModelGraph graph = test::decoder(4, 8);
  Recipe recipe;
  Diagnostics diagnostics;

  size_t count(const Selection& selection) { return Selector(recipe, graph, diagnostics).match(selection).count(); }
  // The helps of the only diagnostic, or its message when it has none.
  std::string first_help() {
    if (diagnostics.size() != 1) return fmt::format("{} diagnostics", diagnostics.size());
    const Diagnostic& one = diagnostics.items()[0];
    return one.helps.empty() ? one.message : one.helps[0];
  }
};

TEST_F(SelectorTest, MatchesEveryKindOfTerm) {
  EXPECT_EQ(count(glob("model.layers.*.self_attn.{q,k,v,o}_proj")), 16u);
  EXPECT_EQ(count(term(RegexTerm{R"(model\.layers\.[13]\..*_proj)"})), 2 * (4u + 24u));
  EXPECT_EQ(count(term(TypeTerm{"embedding"})), 1u);
  EXPECT_EQ(count(term(RoleTerm{"router"})), 3u);
  EXPECT_EQ(count(combine(SetTerm::Kind::Intersection, term(LayersTerm{{{0, 0, 1}, {-1, -1, 1}}}), term(TypeTerm{"linear"}))),
            7u + 4 + 1 + 24);
  using Op = WhereTerm::Op;
  EXPECT_EQ(count(term(WhereTerm{{{Op::In}, {Op::Number, 512}, {Op::Modulo}}, {{Op::Number, 0}}, "=="})), 25u);
  EXPECT_EQ(diagnostics.size(), 0u);
}

TEST_F(SelectorTest, LayersStepAndCountFromTheEnd) {
  EXPECT_EQ(count(combine(SetTerm::Kind::Intersection, term(LayersTerm{{{0, -1, 2}}}), glob("**.o_proj"))), 2u);
  EXPECT_EQ(count(term(LayersTerm{{{0, 4, 1}}})), 0u);
  EXPECT_EQ(diagnostics.items()[0].code, codes::L3012);
}

TEST_F(SelectorTest, OpenTermsTakeTheKindOfWhatTheyMeet) {
  EXPECT_EQ(count(combine(SetTerm::Kind::Intersection, term(TypeTerm{"keys"}), term(LayersTerm{{{1, 2, 1}}}))), 2u);
  EXPECT_EQ(count(combine(SetTerm::Kind::Union, term(TypeTerm{"keys"}), glob("model.layers.0.self_attn.values"))), 5u);
  EXPECT_EQ(diagnostics.size(), 0u);
  EXPECT_EQ(count(combine(SetTerm::Kind::Intersection, term(TypeTerm{"keys"}), glob("**.k_proj"))), 0u);
  EXPECT_EQ(diagnostics.items()[0].code, codes::L3016);
}

TEST_F(SelectorTest, EveryTermMustMatchUnlessOptional) {
  EXPECT_EQ(count(combine(SetTerm::Kind::Union, glob("lm_head"), term(RoleTerm{"vision"}, true))), 1u);
  EXPECT_EQ(diagnostics.size(), 0u);
  EXPECT_EQ(count(term(RoleTerm{"vision"}, true)), 0u);
  EXPECT_EQ(diagnostics.size(), 0u);
  count(combine(SetTerm::Kind::Union, glob("lm_head"), term(RoleTerm{"vision"})));
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics.items()[0].code, codes::L3001);
}

TEST_F(SelectorTest, ReportsWhatIsEmptyOnlyTogether) {
  count(combine(SetTerm::Kind::Intersection, term(RoleTerm{"router"}), term(LayersTerm{{{0, 0, 1}}})));
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics.items()[0].code, codes::L3001);
}

TEST_F(SelectorTest, NamesTheNearestSegment) {
  count(glob("model.layers.*.self_atn.q_prj"));
  EXPECT_EQ(first_help(), "did you mean `model.layers.*.self_attn.q_proj`?");
}

TEST_F(SelectorTest, NamesTheRightPrefix) {
  count(glob("language_model.lm_head"));
  EXPECT_EQ(first_help(), "did you mean `lm_head`?");
}

TEST_F(SelectorTest, NamesTheMissingPrefix) {
  count(glob("layers.0.self_attn.q_proj"));
  EXPECT_EQ(first_help(), "did you mean `model.layers.0.self_attn.q_proj`?");
}

TEST_F(SelectorTest, ReplacesAWrongPrefix) {
  count(glob("backbone.layers.*.mlp.gate"));
  EXPECT_EQ(first_help(), "did you mean `model.layers.*.mlp.gate`?");
}

TEST_F(SelectorTest, SaysThatExpressionsAreWhole) {
  count(term(RegexTerm{R"(mlp\.gate)"}));
  EXPECT_EQ(first_help(), "it matches a part of 4 names, such as `model.layers.0.mlp.gate_proj`: write `.*` where names go on");
}

TEST_F(SelectorTest, RefusesExpensiveExpressions) {
  count(term(RegexTerm{R"((a|[a-z_.0-9]+)*[^a-z_.0-9])"}));
  EXPECT_EQ(diagnostics.items()[0].code, codes::L3010);
}

TEST_F(SelectorTest, NamedSelectionsAreReportedOnce) {
  recipe.selections.push_back({"gone", {}, glob("nowhere.at.all"), std::nullopt, {}, false});
  Selector selector(recipe, graph, diagnostics);
  selector.match(combine(SetTerm::Kind::Union, term(NamedTerm{0}), glob("lm_head")));
  selector.match(term(NamedTerm{0}));
  EXPECT_EQ(diagnostics.size(), 1u);
  EXPECT_TRUE(selector.failed());
  // Optional covers all leaves of a named selection.
  Diagnostics none;
  EXPECT_EQ(Selector(recipe, graph, none).match(term(NamedTerm{0}, true)).count(), 0u);
  EXPECT_EQ(none.size(), 0u);
}

TEST_F(SelectorTest, ExpectPinsACount) {
  recipe.selections.push_back({"routers", {}, term(RoleTerm{"router"}), 4, {}, false});
  count(term(NamedTerm{0}));
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics.items()[0].code, codes::L3005);
}

// A model of 46,000 modules and ten selections; the bound is loose, for slow machines.
TEST_F(SelectorTest, LargeModelsAreCheap) {
  graph = test::decoder(61, 256);
  ASSERT_GT(graph.modules.size(), 45000u);
  const auto begin = std::chrono::steady_clock::now();
  Selector selector(recipe, graph, diagnostics);
  for (const char* pattern : {"**.up_proj", "**.down_proj", "model.layers.*.self_attn.**", "lm_head", "model.layers.{3..40}.mlp.experts.*.gate_proj",
                              "**.mlp.gate", "model.**"})
    selector.match(glob(pattern));
  selector.match(term(TypeTerm{"linear"}));
  selector.match(term(RoleTerm{"router"}));
  selector.match(term(RegexTerm{R"(model\.layers\.\d*[13579]\.mlp\..*)"}));
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  RecordProperty("milliseconds", fmt::format("{:.1f}", ms));
  fmt::print("ten selections: {:.1f} ms\n", ms);
  EXPECT_LT(ms, 200);
  EXPECT_EQ(diagnostics.size(), 0u);
}

}  // namespace
}  // namespace lcr
