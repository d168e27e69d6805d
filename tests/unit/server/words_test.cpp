#include "compiler/server/words.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/language/algorithms.h"
#include "compiler/language/kinds.h"
#include "compiler/recipe/bind.h"
#include "compiler/server/cursor.h"

namespace lcr::server {
namespace {

std::string findings(const std::string& text) {
  Sources sources;
  Diagnostics found;
  const uint32_t file = sources.add("words.lcr", text);
  check_file(sources, file, {}, found);
  return render_concise(sources, found);
}

// What completion offers is what the compiler takes: no block calls one of these fields unknown.
TEST(Words, FieldsAreThoseOfTheCompiler) {
  for (const char* block : {"calibrate", "budget", "serve", "export", "schedule"})
    for (const FieldDoc& field : fields_of(block)) {
      const std::string name = block == std::string("serve") ? " vllm" : block == std::string("export") ? " dense" : "";
      const std::string text = fmt::format("language 1\n\nrecipe \"x\"\n\n{}{} {{ {} {} 1 }}\n", block, name, field.name, field.relation);
      EXPECT_EQ(findings(text).find("L2020"), std::string::npos) << text << findings(text);
      EXPECT_EQ(findings(text).find("L2023"), std::string::npos) << text << findings(text);
    }
  for (const char* place : {"device cuda", "host", "disk \"/x\""})
    for (const FieldDoc& field : fields_of(std::string(place).substr(0, std::string(place).find(' ')))) {
      const std::string text = fmt::format("language 1\n\nmachine x\n\nschedule {{ {} {{ {} {} 4GiB }} }}\n", place, field.name, field.relation);
      EXPECT_EQ(findings(text).find("L20"), std::string::npos) << text << findings(text);
    }
  for (const FieldDoc& field : fields_of("format")) {
    const std::string text = fmt::format("language 1\n\nlibrary x\n\nscheme X {{ weights = int4({} = {}) }}\n", field.name, field.words.front().word);
    EXPECT_EQ(findings(text).find("L4002"), std::string::npos) << text << findings(text);
    EXPECT_EQ(findings(text).find("L2032"), std::string::npos) << text << findings(text);
  }
}

TEST(Words, ValuesAreThoseOfTheCompiler) {
  for (const FieldDoc& field : fields_of("calibrate"))
    for (const WordDoc& word : field.words) {
      if (!word.snippet.empty()) continue;
      const std::string text = fmt::format("language 1\n\nrecipe \"x\"\n\ncalibrate {{ {} = {} }}\n", field.name, word.word);
      EXPECT_EQ(findings(text).find("L2032"), std::string::npos) << text << findings(text);
    }
  for (const WordDoc& type : param_types()) {
    const std::string text = fmt::format("language 1\n\nrecipe \"x\"\n\nparam p: {}\n", type.word);
    EXPECT_EQ(findings(text).find("L2032"), std::string::npos) << text << findings(text);
  }
  for (const WordDoc& format : export_formats())
    EXPECT_EQ(findings(fmt::format("language 1\n\nrecipe \"x\"\n\nexport {} {{ dir = \"x\" }}\n", format.word)).find("L2032"), std::string::npos);
}

TEST(Words, KindsAndRolesAreAll) {
  std::vector<std::string> kinds = weight_kinds();
  kinds.insert(kinds.end(), point_kinds().begin(), point_kinds().end());
  for (const std::string& kind : kinds) EXPECT_NE(find_word_doc(kind_docs(), kind), nullptr) << kind;
  for (const std::string& role : role_words()) EXPECT_NE(find_word_doc(role_docs(), role), nullptr) << role;
  EXPECT_EQ(kind_docs().size(), kinds.size());
  EXPECT_EQ(role_docs().size(), role_words().size());
}

// grammar/keywords.txt: every word that begins a statement is explained.
TEST(Words, StatementsAreAll) {
  std::ifstream stream(LCR_SOURCE_DIR "/grammar/keywords.txt");
  int known = 0;
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string first, last;
    words >> first;
    for (std::string word; words >> word;) last = word;
    if (first != "statement" && first != "header") continue;
    ++known;
    EXPECT_NE(find_statement_word(last), nullptr) << last;
  }
  EXPECT_GT(known, 30);
}

struct CursorCase {
  const char* text;  // `|` is the cursor
  const char* head;
  const char* clause;
  const char* owner;
  const char* argument;
};

class Cursors : public testing::TestWithParam<CursorCase> {};

TEST_P(Cursors, KnowTheirPlace) {
  std::string text = GetParam().text;
  const auto offset = static_cast<uint32_t>(text.find('|'));
  text.erase(offset, 1);
  const Cursor cursor = cursor_at(text, syntax::list_tokens(text), offset);
  EXPECT_EQ(cursor.head, GetParam().head) << text;
  EXPECT_EQ(cursor.clause, GetParam().clause) << text;
  EXPECT_EQ(cursor.inner() ? cursor.inner()->owner : "", GetParam().owner) << text;
  EXPECT_EQ(cursor.inner() ? cursor.inner()->argument : "", GetParam().argument) << text;
}

INSTANTIATE_TEST_SUITE_P(Texts, Cursors, testing::Values(
    CursorCase{"quantize a as B with |", "quantize", "with", "", ""},
    CursorCase{"quantize a as B with gptq(damp = 5%, |", "quantize", "with", "gptq", ""},
    CursorCase{"quantize a as B with gptq(damp = 5%, order = |", "quantize", "with", "gptq", "order"},
    CursorCase{"quantize a as B with rtn(range = mse(|", "quantize", "with", "mse", ""},
    CursorCase{"quantize (a\nkeep |", "keep", "", "", ""},
    CursorCase{"override quantize a |", "quantize", "", "", ""},
    CursorCase{"default keep\nkeep x |", "keep", "", "", ""},
    CursorCase{"calibrate {\n  length = 1tok\n  |", "calibrate", "", "calibrate", ""},
    CursorCase{"calibrate {\n  length = 1tok\n  fit = |", "calibrate", "", "calibrate", "fit"},
    CursorCase{"schedule {\n  device cuda(0) { |", "schedule", "", "device", ""},
    CursorCase{"schedule {\n  device cuda { memory <= 1GiB }\n  host { |", "schedule", "", "host", ""},
    CursorCase{"quantize a as auto [|", "quantize", "as", "", ""},
    CursorCase{"use std.roles.{a, |", "use", "", "use", ""},
    CursorCase{"select a = type(|", "select", "=", "type", ""},
    CursorCase{"# quantize\n|", "", "", "", ""}));

}  // namespace
}  // namespace lcr::server
