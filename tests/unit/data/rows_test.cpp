#include <unistd.h>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "backend/data/rows.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

class Rows : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    return path_;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string path_ = (std::filesystem::temp_directory_path() / ("lcr_rows_" + std::to_string(::getpid()) + ".jsonl")).string();
  Diagnostics diagnostics_;
};

std::shared_ptr<const Tokenizer> letters() {
  Diagnostics diagnostics;
  return parse_tokenizer(R"({"model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2},"merges":[]},
    "post_processor":{"type":"BertProcessing","cls":["c",2],"sep":["c",2]}})", "t", diagnostics);
}

TEST_F(Rows, ReadsTextAndIds) {
  auto rows = read_rows(write("\xef\xbb\xbf{\"text\":\"ab\"}\r\n\n{\"input_ids\":[3,4],\"text\":1}\n{\"text\":\"\"}"), {}, diagnostics_);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].text, "ab");
  EXPECT_EQ((*rows)[1].ids, (std::vector<int32_t>{3, 4}));
  EXPECT_EQ((*rows)[2].line, 4u);
}

TEST_F(Rows, NamesTheLine) {
  const char* wrong[] = {"{", "[]", "{}", "{\"text\":3}", "{\"input_ids\":[1.5]}", "{\"input_ids\":[-1]}", "{\"input_ids\":[7]}",
                         "{\"input_ids\":3}", "{\"text\":\"\xff\"}", "{\"input_ids\":[99999999999999999999]}"};
  for (const char* line : wrong) {
    Diagnostics diagnostics;
    EXPECT_FALSE(read_rows(write(std::string("{\"text\":\"a\"}\n") + line + "\n"), {.id_limit = 7}, diagnostics)) << line;
    ASSERT_EQ(diagnostics.size(), 1u);
    EXPECT_EQ(diagnostics.items()[0].code, codes::L8004);
    EXPECT_NE(diagnostics.items()[0].message.find("line 2 of"), std::string::npos) << diagnostics.items()[0].message;
  }
}

TEST_F(Rows, OtherFieldNames) {
  auto rows = read_rows(write("{\"body\":\"a\"}\n{\"ids\":[1]}"), {.text_field = "body", .ids_field = "ids"}, diagnostics_);
  ASSERT_TRUE(rows);
  EXPECT_TRUE((*rows)[1].has_ids);
}

TEST_F(Rows, StreamKeepsTheOrderForAnyNumberOfThreads) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += i % 3 ? "{\"text\":\"" + std::string(i % 11, "ab"[i % 2]) + "\"}\n" : "{\"input_ids\":[9,8]}\n";
  auto rows = read_rows(write(text), {}, diagnostics_);
  ASSERT_TRUE(rows);
  auto one = tokenize_rows(path_, *rows, letters(), 1, diagnostics_);
  auto four = tokenize_rows(path_, *rows, letters(), 4, diagnostics_);
  ASSERT_TRUE(one && four);
  EXPECT_EQ(one->ids, four->ids);
  EXPECT_EQ(std::vector<int32_t>(one->ids.begin(), one->ids.begin() + 5), (std::vector<int32_t>{9, 8, 2, 1, 2}));
}

TEST_F(Rows, TextNeedsATokenizer) {
  auto rows = read_rows(write("{\"input_ids\":[1]}\n{\"text\":\"a\"}"), {}, diagnostics_);
  ASSERT_TRUE(rows);
  EXPECT_FALSE(tokenize_rows(path_, *rows, nullptr, 1, diagnostics_));
  EXPECT_EQ(diagnostics_.items()[0].code, codes::L8006);
  rows->pop_back();
  EXPECT_TRUE(tokenize_rows(path_, *rows, nullptr, 1, diagnostics_));
}

TEST_F(Rows, WindowsDropTheLastPartialOne) {
  TokenStream stream{{1, 2, 3, 4, 5, 6, 7}, 1};
  auto all = cut_windows(stream, 3, std::nullopt, diagnostics_);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->count(), 2u);
  EXPECT_EQ(all->ids, (std::vector<int32_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(cut_windows(stream, 3, 1, diagnostics_)->count(), 1u);
  EXPECT_FALSE(cut_windows(stream, 3, 3, diagnostics_));
  EXPECT_FALSE(cut_windows(stream, 8, std::nullopt, diagnostics_));
  EXPECT_EQ(diagnostics_.size(), 2u);
}

}  // namespace
}  // namespace lcr
