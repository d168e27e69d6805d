#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/check/pattern.h"
#include "compiler/check/serving_text.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/syntax/parse.h"
#include "tests/unit/check/build_recipe.h"

namespace lcr {
namespace {

// Which rule of vLLM takes a precision; empty: none.
std::string taken_by(const Precision& precision, const UnitTraits& unit, double capability) {
  Sources sources;
  Diagnostics diagnostics;
  const auto text = read_serving("vllm", sources, diagnostics);
  EXPECT_TRUE(text.has_value());
  if (!text) return {};
  for (const AcceptRule& rule : text->accepts) {
    if (rule.pattern.cache || !selects(rule.selection, unit) || !matches(rule.pattern, precision)) continue;
    if (!rule.capability || rule.capability->holds(capability)) return rule.name;
  }
  return {};
}

const UnitTraits linear{"linear", Role::Decoder, "any", {}};
const UnitTraits expert{"linear", Role::Decoder | Role::Expert, "any", {}};

Precision integers(int bits, int input_bits, Container container) {
  Precision precision = test::int4(128);
  precision.weights->bits = bits;
  if (input_bits == 0) return precision;
  precision.input.emplace();
  precision.input->bits = input_bits;
  precision.input->per = Per::Token;
  precision.input->dynamic = true;
  precision.container = container;
  return precision;
}

TEST(Serving, EveryKnownTextCanBeRead) {
  const std::vector<std::string> known = known_servers();
  EXPECT_EQ(known, (std::vector<std::string>{"transformers", "vllm"}));
  for (const std::string& name : known) {
    Sources sources;
    Diagnostics diagnostics;
    EXPECT_TRUE(read_serving(name, sources, diagnostics).has_value()) << name;
    EXPECT_EQ(diagnostics.size(), 0u) << name;
  }
}

// The rows of the measurements: scheme, layer, capability, verdict.
TEST(Serving, TakesWhatWasMeasuredToLoad) {
  for (int bits : {2, 3, 4, 5, 6, 7, 8}) {
    EXPECT_EQ(taken_by(integers(bits, 0, Container::None), linear, 7.5), "wna16") << bits;
    EXPECT_EQ(taken_by(integers(bits, 0, Container::None), expert, 9.0), "wna16_experts") << bits;
  }
  EXPECT_EQ(taken_by(test::int4(128, false), expert, 9.0), "wna16_experts");
  EXPECT_EQ(taken_by(test::fp8_dynamic(), linear, 8.9), "fp8");
  EXPECT_EQ(taken_by(test::fp8_dynamic(), expert, 9.0), "fp8_channel_experts");
  EXPECT_EQ(taken_by(integers(4, 8, Container::Bytes), linear, 8.0), "w4a8");
  EXPECT_EQ(taken_by(integers(4, 8, Container::Packed), linear, 9.0), "wna8");
}

TEST(Serving, RefusesWhatWasMeasuredToFail) {
  EXPECT_EQ(taken_by(integers(4, 8, Container::Bytes), expert, 9.0), "");
  EXPECT_EQ(taken_by(integers(4, 4, Container::Bytes), linear, 9.0), "");
  Precision mixed = test::int4(128);
  mixed.input = test::fp8_dynamic().input;
  mixed.container = Container::Packed;
  EXPECT_EQ(taken_by(mixed, linear, 9.0), "w4afp8");
  EXPECT_EQ(taken_by(mixed, linear, 8.9), "");
  mixed.weights->group = 64;
  EXPECT_EQ(taken_by(mixed, linear, 9.0), "");
  Precision odd = test::int4(128, false);
  odd.weights->bits = 8;
  EXPECT_EQ(taken_by(odd, linear, 9.0), "wna16");
  EXPECT_EQ(taken_by(odd, expert, 9.0), "");
}

// What is wrong with one rule of a server's text.
std::vector<std::string> malformed(const std::string& rule) {
  Sources sources;
  Diagnostics diagnostics;
  const uint32_t file = sources.add("mine.lcr", "language 1\nserving mine since \"1.0\"\n" + rule + "\n");
  check_serving_file(syntax::parse(sources, file, diagnostics), diagnostics);
  std::vector<std::string> messages;
  for (const Diagnostic& one : diagnostics.items()) {
    EXPECT_EQ(one.code, codes::L4068);
    messages.push_back(one.message);
  }
  return messages;
}

TEST(Serving, SaysWhatIsMalformed) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(malformed("accept a on type(linear) except role(expert) { weights = int4(per = group(128))  capability >= 8.0 }"), Texts{});
  EXPECT_EQ(malformed("accept a on type(linaer) { weights = any }"), Texts{"this selects nothing that a server can ask for"});
  EXPECT_EQ(malformed("accept a on role(head) | `lm_head` { weights = any }"), Texts{"this selects nothing that a server can ask for"});
  EXPECT_EQ(malformed("accept a on type(linear) { weigths = any }"), Texts{"there is no field `weigths` here"});
  EXPECT_EQ(malformed("accept a on type(linear) { weights = int4(per = word) }"), Texts{"this is no area of a scale"});
  EXPECT_EQ(malformed("accept a on type(linear) { capability >= any }"), Texts{"`capability` is a number such as 8.9"});
  EXPECT_EQ(malformed("accept a on type(linear) { container = bits }"), Texts{"`container` is none, packed or bytes"});
  EXPECT_EQ(malformed("require width % 32 == 0 on type(linear) else \"x\""), Texts{"`width` is no size of a module"});
  EXPECT_EQ(malformed("require same(width) on type(linear) else \"x\""),
            Texts{"a condition is a comparison, `same(…)`, `alike(…)`, `rotation(…)` or `quantized`"});
}

TEST(Serving, SaysWhatTheNearestRuleWants) {
  PrecisionPattern pattern;
  pattern.weights = PlacePattern{{}};
  pattern.weights->front().element = Element::Int;
  pattern.weights->front().per = {Per::Channel, Per::Group};
  pattern.container = {Container::Packed};
  EXPECT_EQ(mismatches(pattern, test::fp8_dynamic()),
            (std::vector<std::string>{"weights = int(per = channel | group)", "input = none", "container = packed"}));
}

}  // namespace
}  // namespace lcr
