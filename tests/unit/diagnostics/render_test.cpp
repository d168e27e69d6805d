#include "compiler/diagnostics/codes/driver.h"
#include "compiler/diagnostics/codes/syntax.h"
#include "compiler/diagnostics/render.h"

#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace lcr {
namespace {

struct Scene {
  explicit Scene(std::string text) { file = sources.add("a.lcr", std::move(text)); }

  Span find(std::string_view part, size_t from = 0) const {
    auto begin = static_cast<uint32_t>(sources.file(file).text().find(part, from));
    return {file, begin, begin + static_cast<uint32_t>(part.size())};
  }

  Sources sources;
  uint32_t file;
  Diagnostics diagnostics;
};

TEST(Render, DrawsAFrame) {
  Scene scene("keep one\nkeep two\n\n\nkeep three\n");
  scene.diagnostics.report(codes::L1001, scene.find("three"), "things clash", "this one")
      .label(scene.find("one"), "with this")
      .note("there is more")
      .help("do the one,\nor the other");
  EXPECT_EQ(render_full(scene.sources, scene.diagnostics),
            "error[L1001]: things clash\n"
            " --> a.lcr:5:6\n"
            "  |\n"
            "1 | keep one\n"
            "  |      --- with this\n"
            "...\n"
            "5 | keep three\n"
            "  |      ^^^^^ this one\n"
            "  = note: there is more\n"
            "  = help: do the one,\n"
            "          or the other\n");
}

TEST(Render, PutsSeveralMarksOnALine) {
  Scene scene("aa bb cc dd\n");
  scene.diagnostics.report(codes::L1001, scene.find("bb"), "m", "second")
      .label(scene.find("aa"), "first")
      .label(scene.find("dd"), "last");
  EXPECT_EQ(render_full(scene.sources, scene.diagnostics),
            "error[L1001]: m\n"
            " --> a.lcr:1:4\n"
            "  |\n"
            "1 | aa bb cc dd\n"
            "  | -- ^^    -- last\n"
            "  | |  second\n"
            "  | first\n");
}

TEST(Render, GoesThroughFiles) {
  Scene scene("keep one\n");
  uint32_t other = scene.sources.add("b.lcr", "\n\n\n\n\n\n\n\n\n\nkeep two\n");
  scene.diagnostics.report(codes::L1001, scene.find("one"), "m").label({other, 15, 18}, "here");
  EXPECT_EQ(render_full(scene.sources, scene.diagnostics),
            "error[L1001]: m\n"
            "  --> a.lcr:1:6\n"
            "   |\n"
            " 1 | keep one\n"
            "   |      ^^^\n"
            "  ::: b.lcr:11:6\n"
            "   |\n"
            "11 | keep two\n"
            "   |      --- here\n");
}

TEST(Render, NeedsNoPlace) {
  Scene scene("");
  scene.diagnostics.report(codes::L0001, "no such file: `x`").help("look");
  EXPECT_EQ(render_full(scene.sources, scene.diagnostics), "error[L0001]: no such file: `x`\n  = help: look\n");
  EXPECT_EQ(render_concise(scene.sources, scene.diagnostics), "error[L0001]: no such file: `x`\n");
}

TEST(Render, AlignsTabsAndWideCharacters) {
  Scene scene("\tkeep \"漢字\" é x\n");
  scene.diagnostics.report(codes::L1001, scene.find("x"), "m");
  EXPECT_EQ(render_full(scene.sources, scene.diagnostics),
            "error[L1001]: m\n"
            " --> a.lcr:1:14\n"
            "  |\n"
            "1 |     keep \"漢字\" é x\n"
            "  |                   ^\n");
}

TEST(Render, ShowsNoControls) {
  Scene scene("a \x1b[31m\xff b\n");
  scene.diagnostics.report(codes::L1001, scene.find("b"), "m");
  std::string frame = render_full(scene.sources, scene.diagnostics);
  EXPECT_NE(frame.find("1 | a ?[31m? b\n  |          ^\n"), std::string::npos) << frame;
}

TEST(Render, CutsLongLines) {
  Scene scene(std::string(5000, 'a') + " here " + std::string(5000, 'b'));
  scene.diagnostics.report(codes::L1001, scene.find("here"), "m");
  std::string frame = render_full(scene.sources, scene.diagnostics);
  EXPECT_LT(frame.size(), 1000u);
  EXPECT_NE(frame.find(" here "), std::string::npos);
  EXPECT_NE(frame.find("^^^^"), std::string::npos);
}

TEST(Render, NamesTheEndOfLongSpans) {
  Scene scene("one\ntwo\nthree\n");
  scene.diagnostics.report(codes::L1001, {scene.file, 0, 12}, "m", "all of it");
  EXPECT_NE(render_full(scene.sources, scene.diagnostics).find("1 | one\n  | ^^^ all of it (to line 3)\n"),
            std::string::npos);
}

TEST(Render, ColorsAndGlyphsAreAskedFor) {
  Scene scene("keep one\n");
  scene.diagnostics.report(codes::L1001, scene.find("one"), "m");
  std::string plain = render_full(scene.sources, scene.diagnostics);
  std::string rich = render_full(scene.sources, scene.diagnostics, {true, true});
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_NE(rich.find("^^^\x1b[0m"), std::string::npos);
  EXPECT_NE(rich.find("┌─"), std::string::npos);
}

TEST(Render, WritesJson) {
  Scene scene("keep \xff one\n");
  scene.diagnostics.report(codes::L1003, scene.find("one"), "bad \xff byte", "here")
      .fix({"change", Applicability::Safe, {{scene.find("one"), "two"}}})
      .with("count", int64_t{3})
      .with("names", std::vector<std::string>{"a", "b"});
  nlohmann::json parsed = nlohmann::json::parse(render_json(scene.sources, scene.diagnostics));
  ASSERT_EQ(parsed.size(), 1u);
  EXPECT_EQ(parsed[0]["code"], "L1003");
  EXPECT_EQ(parsed[0]["name"], "space-before-unit");
  EXPECT_EQ(parsed[0]["severity"], "error");
  EXPECT_EQ(parsed[0]["labels"][0]["line"], 1);
  EXPECT_EQ(parsed[0]["labels"][0]["column"], 8);
  EXPECT_EQ(parsed[0]["labels"][0]["end_column"], 11);
  EXPECT_EQ(parsed[0]["fixes"][0]["applicability"], "safe");
  EXPECT_EQ(parsed[0]["fixes"][0]["edits"][0]["replacement"], "two");
  EXPECT_EQ(parsed[0]["data"]["count"], 3);
  EXPECT_EQ(parsed[0]["data"]["names"][1], "b");
}

// Whatever the spans are, rendering gives something and does not die.
TEST(Render, SurvivesAnySpan) {
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    static constexpr std::string_view kPieces[] = {"a", "\n", "\t", "漢", "\xff", " ", "\r\n", "e\u0301"};
    for (unsigned n = random() % 40; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    Scene scene(text);
    auto span = [&] { return Span{scene.file, static_cast<uint32_t>(random() % 90), static_cast<uint32_t>(random() % 90)}; };
    Diagnostic& diagnostic = scene.diagnostics.report(codes::L1001, span(), "m", "label");
    for (unsigned n = random() % 4; n > 0; --n) diagnostic.label(span(), n % 2 == 0 ? "text" : "");
    EXPECT_FALSE(render_full(scene.sources, scene.diagnostics).empty());
    EXPECT_FALSE(render_concise(scene.sources, scene.diagnostics).empty());
    EXPECT_FALSE(render_json(scene.sources, scene.diagnostics).empty());
  }
}

}  // namespace
}  // namespace lcr
