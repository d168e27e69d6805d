#include <gtest/gtest.h>

#include "compiler/diagnostics/codes/precision.h"
#include "compiler/language/algorithms.h"
#include "compiler/language/format_rules.h"
#include "compiler/language/stack.h"
#include "compiler/language/units.h"

namespace lcr {
namespace {

syntax::Quantity quantity(double value, std::string unit) { return {value, "", std::move(unit)}; }

TEST(Units, HaveOneDimensionEach) {
  EXPECT_EQ(measure(quantity(80, "GiB"))->value, 80.0 * (int64_t{1} << 30));
  EXPECT_EQ(measure(quantity(80, "GB"))->value, 80e9);
  EXPECT_EQ(measure(quantity(0.1, "%"))->value, 0.001);
  EXPECT_EQ(measure(quantity(10, "min"))->value, 600);
  EXPECT_EQ(measure(quantity(250, "ms"))->value, 0.25);
  EXPECT_EQ(measure(quantity(4.5, "bpw"))->dimension, Dimension::BitsPerWeight);
  EXPECT_FALSE(measure(quantity(1, "GiBB")));
}

TEST(Units, AreSpelledCanonically) {
  EXPECT_EQ(ratio_text(0.001), "0.1%");
  EXPECT_EQ(ratio_text(0.81), "81%");
  EXPECT_EQ(bytes_text(int64_t{5} << 30), "5GiB");
  EXPECT_EQ(bytes_text(1000), "1000B");
  EXPECT_EQ(duration_text(600), "10min");
  EXPECT_EQ(duration_text(0.25), "250ms");
  EXPECT_EQ(number_text(8.9), "8.9");
  EXPECT_EQ(number_text(512), "512");
}

// Whatever the table gives as a default lies in the parameter's own range and list of words.
void expect_sound(std::span<const ParameterInfo> parameters) {
  for (const ParameterInfo& info : parameters) {
    SCOPED_TRACE(info.name);
    EXPECT_EQ(info.absent == Absent::Default, !info.fallback.empty());
    EXPECT_FALSE(info.doc.empty());
    if (info.absent == Absent::Default && info.type == ParameterType::Word) {
      EXPECT_TRUE(find_word(info, info.fallback));
    }
    if (info.absent == Absent::Default && info.type == ParameterType::Count) {
      EXPECT_TRUE(in_range(info, std::stod(std::string(info.fallback))));
    }
    for (const WordInfo& word : info.words) expect_sound(word.parameters);
  }
}

TEST(Algorithms, TableIsSound) {
  for (const AlgorithmInfo& algorithm : algorithms()) expect_sound(algorithm.parameters);
  for (const ObserverInfo& observer : observers()) expect_sound(observer.parameters);
  EXPECT_EQ(algorithm_names(AlgorithmRole::Solver), (std::vector<std::string>{"rtn", "gptq", "autoround"}));
}

TEST(Algorithms, RangesAreSpelledInTheirOwnLiterals) {
  EXPECT_EQ(range_text(*find_parameter(find_algorithm("gptq")->parameters, "damp")), "above 0% and at most 100%");
  EXPECT_EQ(range_text(*find_parameter(find_algorithm("awq")->parameters, "grid")), "between 2 and 1000");
  EXPECT_EQ(range_text(*find_parameter(find_algorithm("quip")->parameters, "block")), "at least 1");
}

FormatDraft draft(std::string_view name, Per per) {
  FormatDraft result = *constructor(name);
  result.per = per;
  return result;
}

TEST(Formats, ConstructorsAreTheTenOfTheLanguage) {
  for (const std::string& name : constructor_names()) EXPECT_TRUE(constructor(name)) << name;
  for (const char* name : {"int0", "int9", "int16", "int", "fp16", "e4m3"}) EXPECT_FALSE(constructor(name)) << name;
}

TEST(Formats, FaultsNameTheirField) {
  FormatDraft token = draft("fp8", Per::Token);
  token.dynamic = false;
  EXPECT_EQ(check(token, FormatPlace::Input).front().code, codes::L4006);
  EXPECT_EQ(check(token, FormatPlace::Weights).front().code, codes::L4005);
  EXPECT_EQ(check(draft("int4", Per::Channel), FormatPlace::Weights).front().code, codes::L4003);
  EXPECT_TRUE(check(draft("fp8", Per::Channel), FormatPlace::Weights).empty());
  FormatDraft head = draft("fp8", Per::Head);
  head.dynamic = false;
  EXPECT_TRUE(check(head, FormatPlace::Cache).empty());
  EXPECT_EQ(check(head, FormatPlace::Output).front().field, "per");
}

TEST(Formats, AreSpelledCanonically) {
  FormatDraft group = draft("int4", Per::Group);
  group.group = 128;
  group.symmetric = false;
  EXPECT_EQ(to_string(finish(group)), "int4(per = group(128), symmetric = false)");
  FormatDraft input = draft("fp8", Per::Token);
  input.dynamic = true;
  EXPECT_EQ(to_string(finish(input)), "fp8(per = token, dynamic = true)");
  EXPECT_EQ(to_string(finish(draft("fp8", Per::Tensor)), false), "fp8(per = tensor, dynamic = false)");
}

TEST(Formats, HaveTheirRange) {
  EXPECT_EQ(largest(finish(draft("int4", Per::Channel))), 7);
  EXPECT_EQ(smallest(finish(draft("int4", Per::Channel))), -8);
  EXPECT_EQ(largest(finish(draft("fp8", Per::Channel))), 448);
  EXPECT_EQ(smallest(finish(draft("fp4", Per::Channel))), -6);
}

TEST(Formats, CountStoredBits) {
  FormatDraft group = draft("int4", Per::Group);
  group.group = 128;
  group.symmetric = true;
  Format format = finish(group);
  EXPECT_EQ(stored_bits(format, Container::None, 64, 256, 16), 64 * 256 * 4 + 64 * 2 * 16);
  format.symmetric = false;
  EXPECT_EQ(stored_bits(format, Container::None, 64, 256, 16), 64 * 256 * 4 + 64 * 2 * 16 + 64 * 2 * 4);
  format.symmetric = true;
  EXPECT_EQ(stored_bits(format, Container::Bytes, 64, 256, 32), 64 * 256 * 8 + 64 * 2 * 32);
  FormatDraft nvfp4 = draft("fp4", Per::Group);
  nvfp4.group = 16;
  nvfp4.scale = ScaleType::E4M3;
  nvfp4.global = true;
  EXPECT_EQ(stored_bits(finish(nvfp4), Container::None, 64, 256, 16), 64 * 256 * 4 + 64 * 16 * 8 + 32);
}

TEST(Stacks, LeaveDefaultsOutUnlessAsked) {
  Algorithm gptq{"gptq", {{"damp", 0.05}, {"block", int64_t{128}}, {"order", std::string("activation")}}, {}};
  EXPECT_EQ(to_string(gptq), "gptq(damp = 5%)");
  EXPECT_EQ(to_string(gptq, true), "gptq(block = 128, damp = 5%, order = activation)");
  Observer mse{"mse", {{"from", 1.8}, {"to", 0.81}, {"grid", 20}}, "nearest"};
  Algorithm rtn{"rtn", {{"range", mse}}, {}};
  Algorithm awq{"awq", {{"duo", std::string("both")}}, {}};
  EXPECT_EQ(to_string(Stack{{awq}, rtn}), "awq(duo = both) then rtn(range = mse(from = 180%))");
}

}  // namespace
}  // namespace lcr
