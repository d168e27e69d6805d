#include "compiler/server/positions.h"

#include <random>

#include <gtest/gtest.h>

#include "compiler/server/uri.h"

namespace lcr::server {
namespace {

TEST(Positions, CountUnitsOfUtf16) {
  const std::string text = "a𝔘é日\nb";
  const Positions positions(text, Units::Utf16);
  EXPECT_EQ(positions.position(1).character, 1u);
  EXPECT_EQ(positions.position(5).character, 3u);   // behind four bytes: two units
  EXPECT_EQ(positions.position(7).character, 4u);   // two bytes: one
  EXPECT_EQ(positions.position(10).character, 5u);  // three bytes: one
  EXPECT_EQ(positions.position(11).line, 1u);
  EXPECT_EQ(positions.offset(Positions::Position{0, 3}), 5u);
  // The middle of a character is its beginning.
  EXPECT_EQ(positions.offset(Positions::Position{0, 2}), 1u);
  EXPECT_EQ(positions.position(3).character, 1u);
  EXPECT_EQ(Positions(text, Units::Utf8).position(10).character, 10u);
}

TEST(Positions, EndLinesThreeWays) {
  const std::string text = "a\r\nb\rc\n\nd";
  const Positions positions(text, Units::Utf16);
  EXPECT_EQ(positions.position(3).line, 1u);
  EXPECT_EQ(positions.position(5).line, 2u);
  EXPECT_EQ(positions.position(8).line, 4u);
  EXPECT_EQ(positions.offset(Positions::Position{0, 99}), 1u);
  EXPECT_EQ(positions.offset(Positions::Position{3, 7}), 7u);
  EXPECT_EQ(positions.offset(Positions::Position{99, 0}), 9u);
}

TEST(Positions, GoThereAndBack) {
  std::mt19937 random(5);
  const std::string pieces[] = {"a", "é", "𝔘", "日", "\n", "\r\n", " "};
  for (int round = 0; round < 50; ++round) {
    std::string text;
    std::vector<uint32_t> starts;
    for (int i = 0; i < 40; ++i) {
      starts.push_back(static_cast<uint32_t>(text.size()));
      text += pieces[random() % std::size(pieces)];
    }
    for (const Units units : {Units::Utf8, Units::Utf16}) {
      const Positions positions(text, units);
      for (uint32_t start : starts) EXPECT_EQ(positions.offset(positions.position(start)), start) << text;
    }
  }
}

TEST(Positions, TakeBytesThatAreNoUtf8) {
  const std::string text = "\xff\xfe" "a\xf0\x9f";
  const Positions positions(text, Units::Utf16);
  EXPECT_EQ(positions.position(5).character, 5u);
  EXPECT_EQ(positions.offset(Positions::Position{0, 2}), 2u);
}

TEST(Positions, TakeAnyJson) {
  const Positions positions("ab\ncd", Units::Utf16);
  EXPECT_EQ(positions.offset(Json(nullptr)), 0u);
  EXPECT_EQ(positions.offset(Json{{"line", -3}, {"character", "x"}}), 0u);
  EXPECT_EQ(positions.offset(Json{{"line", 1e99}, {"character", 1}}), 1u);
  const Span backwards = positions.span(1, Json{{"start", {{"line", 1}, {"character", 1}}}, {"end", {{"line", 0}, {"character", 1}}}});
  EXPECT_EQ(backwards.begin, 1u);
  EXPECT_EQ(backwards.end, 4u);
}

TEST(Uri, GoesThereAndBack) {
  for (const char* path : {"/a/b.lcr", "/with space/ü#?%/b.lcr", "/a+b&c/[x].lcr"}) EXPECT_EQ(path_of_uri(uri_of_path(path)), path);
  EXPECT_EQ(path_of_uri("file:///a%20b/c%3A.lcr"), "/a b/c:.lcr");
  EXPECT_EQ(path_of_uri("file://localhost/a"), "/a");
  EXPECT_EQ(path_of_uri("untitled:Untitled-1"), "untitled:Untitled-1");
  EXPECT_EQ(path_of_uri("file:///a%zz%4"), "/a%zz%4");
}

}  // namespace
}  // namespace lcr::server
