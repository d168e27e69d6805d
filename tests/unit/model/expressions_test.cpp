#include <gtest/gtest.h>

#include "compiler/model/arithmetic.h"
#include "compiler/model/embedded.h"
#include "compiler/model/path_pattern.h"

namespace lcr::elaboration {
namespace {

Term whole(int64_t number) { return {number}; }

TEST(Arithmetic, QuotientsStayExact) {
  const Term third = *calculate("/", whole(1), whole(3));
  ASSERT_TRUE(third.is<Ratio>());
  EXPECT_EQ(whole_of(*calculate("*", third, whole(6))), 2);
  EXPECT_EQ(whole_of(*calculate("/", whole(4096), whole(32))), 128);
  EXPECT_EQ(spelled(*calculate("+", third, whole(1))), "4 / 3");
  EXPECT_EQ(number_of(*calculate("-", whole(1), *calculate("/", whole(1), whole(2)))), 0.5);
}

TEST(Arithmetic, RefusesWhatHasNoValue) {
  EXPECT_FALSE(calculate("/", whole(1), whole(0)));
  EXPECT_FALSE(calculate("%", whole(1), whole(0)));
  EXPECT_FALSE(calculate("*", whole(INT64_MAX), whole(2)));
  EXPECT_FALSE(calculate("+", whole(1), {std::string("a")}));
  EXPECT_FALSE(compare("<", whole(1), {std::string("a")}));
  EXPECT_FALSE(compare("in", whole(1), whole(2)));
}

TEST(Arithmetic, ComparesNumbersOfAllKinds) {
  EXPECT_EQ(compare("==", whole(2), {2.0}), true);
  EXPECT_EQ(compare("==", {Nothing{}}, {Nothing{}}), true);
  EXPECT_EQ(compare("==", whole(0), {Nothing{}}), false);
  const Term list = list_of({whole(1), {std::string("a")}});
  EXPECT_EQ(compare("in", {std::string("a")}, list), true);
  EXPECT_EQ(compare("not in", whole(1), list), false);
}

TEST(EmbeddedExpressions, NamesNumbersAndOperators) {
  EXPECT_TRUE(parse_embedded("layers + 2 * (extra - 1)", {}));
  for (const char* bad : {"", "1 +", "(1", "a b", "1)", "\"a\""}) EXPECT_FALSE(parse_embedded(bad, {})) << bad;
  EXPECT_EQ(cut_at_braces("layers.{i}.x")->size(), 3u);
  for (const char* bad : {"{", "}", "{{a}}", "{a"}) EXPECT_FALSE(cut_at_braces(bad)) << bad;
}

TEST(PathPatterns, MatchNames) {
  const PathPattern experts("**.experts.{e}.up_proj.weight");
  auto match = experts.match("model.layers.3.mlp.experts.12.up_proj.weight");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->any, "model.layers.3.mlp");
  EXPECT_EQ(match->number, "12");
  EXPECT_TRUE(experts.match("a.experts.{}.up_proj.weight"));
  EXPECT_FALSE(experts.match("a.experts.x.up_proj.weight"));
  const PathPattern part("model.layers.*.inv_freq");
  EXPECT_TRUE(part.match("model.layers.3.inv_freq"));
  EXPECT_FALSE(part.match("model.layers.3.attn.inv_freq"));
  EXPECT_TRUE(PathPattern("mtp.**").match("mtp.a.b"));
}

}  // namespace
}  // namespace lcr::elaboration
