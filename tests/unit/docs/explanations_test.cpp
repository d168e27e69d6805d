#include "docs/explanations.h"

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {
namespace {

struct Section {
  std::string id, name;
  std::string phase;  // the digit of the heading that it stands below
  int line = 0;
};

std::vector<std::string> lines_of_text() {
  std::ifstream stream(LCR_SOURCE_DIR "/docs/diagnostics.md");
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<Section> sections() {
  std::vector<Section> found;
  std::string phase;
  int number = 0;
  for (const std::string& line : lines_of_text()) {
    ++number;
    if (line.starts_with("# L")) phase = line.substr(3, 1);
    if (!line.starts_with("## ")) continue;
    std::size_t space = line.find(' ', 3);
    EXPECT_NE(space, std::string::npos) << "line " << number;
    if (space == std::string::npos) continue;
    found.push_back({line.substr(3, space - 3), line.substr(space + 1), phase, number});
  }
  return found;
}

TEST(Explanations, EveryCodeHasASection) {
  for (const CodeInfo& code : all_codes()) {
    EXPECT_GT(explanation(code.id).size(), 40u) << code.id << " " << code.name << " is not explained in docs/diagnostics.md";
  }
}

TEST(Explanations, EverySectionIsOfACodeAndHasItsName) {
  std::set<std::string> seen;
  for (const Section& section : sections()) {
    const CodeInfo* code = find_code(section.id);
    ASSERT_NE(code, nullptr) << "docs/diagnostics.md:" << section.line << " explains " << section.id << ", which is no code";
    EXPECT_EQ(section.name, code->name) << "docs/diagnostics.md:" << section.line;
    EXPECT_TRUE(seen.insert(section.id).second) << section.id << " is explained twice";
  }
}

// Sections stand below the heading of their phase, in order, so that people find them.
TEST(Explanations, SectionsStandInOrderBelowTheirPhase) {
  std::string last;
  for (const Section& section : sections()) {
    EXPECT_EQ(section.id.substr(1, 1), section.phase) << "docs/diagnostics.md:" << section.line;
    EXPECT_LT(last, section.id) << "docs/diagnostics.md:" << section.line;
    last = section.id;
  }
}

TEST(Explanations, EndWithTheirOwnSection) {
  for (const CodeInfo& code : all_codes()) {
    std::string text(explanation(code.id));
    EXPECT_EQ(text.find("\n# "), std::string::npos) << code.id;
    EXPECT_EQ(text.find("\n## "), std::string::npos) << code.id;
    EXPECT_FALSE(text.starts_with("#")) << code.id;
  }
}

TEST(Explanations, AreEmptyForWhatIsNoCode) {
  EXPECT_TRUE(explanation("L0000").empty());
  EXPECT_TRUE(explanation("").empty());
  EXPECT_TRUE(explanation("L30").empty());
}

// `lcr explain` takes ids and names alike.
TEST(Explanations, NamesOfCodesDiffer) {
  std::set<std::string_view> names;
  for (const CodeInfo& code : all_codes()) {
    EXPECT_TRUE(names.insert(code.name).second) << code.id << " has the name `" << code.name << "` of another code";
  }
}

}  // namespace
}  // namespace lcr
