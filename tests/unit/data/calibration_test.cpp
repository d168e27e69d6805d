#include "backend/data/calibration.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "backend/data/row_order.h"
#include "compiler/diagnostics/codes/driver.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

using Kind = CalibrationSource::Kind;
using Ids = std::vector<int64_t>;

// A folder that is the model's and holds the data: `a` is 0, `b` is 1, and 2 stands around each text.
class Calibration : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    write("tokenizer.json", R"({"model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2},"merges":[]},
      "post_processor":{"type":"BertProcessing","cls":["c",2],"sep":["c",2]}})");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  CalibrationRequest request(Kind kind, const std::string& path, int64_t samples, int64_t length) {
    CalibrationSource source{.kind = kind, .path = path, .field = kind == Kind::Text ? "text" : "input_ids", .samples = samples};
    return {.sources = {source}, .length = length};
  }

  std::optional<CalibrationSet> load(const CalibrationRequest& request, int64_t vocabulary = 0, unsigned threads = 1) {
    diagnostics_ = {};
    return load_calibration(request, folder_.string(), diagnostics_, {.vocabulary = vocabulary, .threads = threads});
  }

  std::vector<Ids> ids(const CalibrationRequest& request) {
    auto set = load(request);
    std::vector<Ids> rows;
    if (set)
      for (const CalibrationRow& row : set->rows) rows.push_back(row.ids);
    return rows;
  }

  void refuses(const CalibrationRequest& request, Code code, const std::string& part) {
    EXPECT_FALSE(load(request));
    ASSERT_EQ(diagnostics_.size(), 1u);
    const Diagnostic& found = diagnostics_.items()[0];
    EXPECT_EQ(found.code, code) << found.message;
    EXPECT_NE(found.message.find(part), std::string::npos) << found.message;
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("lcr_calibration_" + std::to_string(::getpid()));
  Diagnostics diagnostics_;
};

TEST_F(Calibration, TextIsEncodedWithSpecialTokensAndCut) {
  std::string path = write("t.jsonl", "{\"text\":\"ab\"}\n\n{\"text\":\"\"}\n{\"text\":\"bbbbb\"}\n{\"text\":\"a\"}");
  CalibrationRequest asked = request(Kind::Text, path, 3, 4);
  auto set = load(asked);
  ASSERT_TRUE(set);
  ASSERT_EQ(set->rows.size(), 3u);
  EXPECT_EQ(set->rows[0].ids, (Ids{2, 0, 1, 2}));
  EXPECT_EQ(set->rows[1].ids, (Ids{2, 1, 1, 1}));
  EXPECT_TRUE(set->rows[1].counted.empty());
  EXPECT_EQ(set->sources[0].samples, 3);
  EXPECT_EQ(set->sources[0].skipped, 1);
  EXPECT_EQ(set->sources[0].tokens_kept, 11);
  EXPECT_EQ(set->sources[0].tokens_cut, 3);
  EXPECT_EQ(set->sources[0].tokens_dropped, 0);
}

TEST_F(Calibration, PackCutsWindowsSourceBySource) {
  std::string path = write("t.jsonl", "{\"text\":\"ab\"}\n{\"text\":\"b\"}\n{\"text\":\"a\"}");
  CalibrationRequest asked = request(Kind::Text, path, 3, 3);
  asked.fit = "pack";
  EXPECT_EQ(ids(asked), (std::vector<Ids>{{2, 0, 1}, {2, 2, 1}, {2, 2, 0}}));
  asked.sources.push_back(asked.sources[0]);
  asked.sources[0].samples = 1;
  auto set = load(asked);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->rows.size(), 4u);
  EXPECT_EQ(set->sources[0].tokens_dropped, 1);
  EXPECT_EQ(set->sources[1].tokens_dropped, 1);
  asked.length = 12;
  refuses(asked, codes::L8005, "4 tokens, which fill no window of 12");
}

TEST_F(Calibration, SkipLeavesOutLongerRows) {
  std::string path = write("t.jsonl", "{\"text\":\"ab\"}\n{\"text\":\"b\"}\n{\"text\":\"a\"}");
  CalibrationRequest asked = request(Kind::Text, path, 2, 3);
  asked.fit = "skip";
  EXPECT_EQ(ids(asked), (std::vector<Ids>{{2, 1, 2}, {2, 0, 2}}));
  asked.sources[0].samples = 3;
  refuses(asked, codes::L8020, "has 2 rows that can be used, and `samples` is 3");
  EXPECT_EQ(diagnostics_.items()[0].notes[0], "1 more rows are empty or longer than 3 tokens");
}

TEST_F(Calibration, FirstReadsNoFurtherThanAsked) {
  std::string path = write("t.jsonl", "{\"text\":\"ab\"}\nbroken\n");
  EXPECT_TRUE(load(request(Kind::Text, path, 1, 8)));
  refuses(request(Kind::Text, path, 2, 8), codes::L8004, "line 2 of");
}

TEST_F(Calibration, RandomPicksEachRowOnceAndBySeed) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += (i % 7 ? "" : "\n") + ("{\"input_ids\":[" + std::to_string(i)) + "]}\n";
  CalibrationRequest asked = request(Kind::Tokens, write("t.jsonl", text), 100, 8);
  asked.pick = "random";
  asked.seed = 42;
  std::vector<Ids> all = ids(asked);
  EXPECT_EQ(std::set<Ids>(all.begin(), all.end()).size(), 100u);
  asked.sources[0].samples = 10;
  std::vector<Ids> few = ids(asked);
  EXPECT_EQ(few, std::vector<Ids>(all.begin(), all.begin() + 10));
  // The numbers are part of what a recipe means.
  EXPECT_EQ(few[0][0], 13);
  EXPECT_EQ(few[1][0], 83);
  asked.seed = 43;
  EXPECT_NE(ids(asked), few);
}

TEST_F(Calibration, TokensAreCheckedAgainstTheVocabulary) {
  std::string path = write("t.jsonl", "{\"ids\":[1,2,9]}\n{\"ids\":[-1]}\n{\"ids\":[1.5]}");
  CalibrationRequest asked = request(Kind::Tokens, path, 1, 8);
  asked.sources[0].field = "ids";
  EXPECT_TRUE(load(asked, 10));
  EXPECT_FALSE(load(asked, 9));
  EXPECT_EQ(diagnostics_.items()[0].code, codes::L8014);
  asked.sources[0].samples = 2;
  refuses(asked, codes::L8014, "line 2 of");
}

TEST_F(Calibration, PlainTextIsCutIntoRows) {
  CalibrationRequest asked = request(Kind::Text, write("t.txt", "ababa"), 2, 3);
  EXPECT_EQ(ids(asked), (std::vector<Ids>{{2, 0, 1}, {0, 1, 0}}));
  asked.sources[0].samples = 3;
  refuses(asked, codes::L8020, "has 2 rows");
}

std::string tensors_file(const std::string& dtype, const std::string& shape, const std::string& data) {
  std::string header = R"({"input_ids":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":[0,)" +
                       std::to_string(data.size()) + "]}}";
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size());
  return length + header + data;
}

TEST_F(Calibration, TokensOfATensor) {
  std::string numbers;
  for (char i = 1; i <= 6; ++i) numbers += {i, 0};
  CalibrationRequest asked = request(Kind::Tokens, write("t.safetensors", tensors_file("I16", "[2,3]", numbers)), 2, 8);
  EXPECT_EQ(ids(asked), (std::vector<Ids>{{1, 2, 3}, {4, 5, 6}}));
  write("t.safetensors", tensors_file("U16", "[6]", numbers));
  asked.length = 4;
  asked.sources[0].samples = 1;
  EXPECT_EQ(ids(asked), (std::vector<Ids>{{1, 2, 3, 4}}));
  write("t.safetensors", tensors_file("BF16", "[6]", numbers));
  refuses(asked, codes::L8021, "which are no token ids");
  asked.sources[0].field = "ids";
  refuses(asked, codes::L8021, "has no tensor `ids`");
}

TEST_F(Calibration, SourcesComeInOrderForAnyNumberOfThreads) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "{\"text\":\"" + std::string(i % 11, "ab"[i % 2]) + "\"}\n";
  CalibrationRequest asked = request(Kind::Text, write("t.jsonl", text), 270, 8);
  CalibrationRequest more = request(Kind::Tokens, write("u.jsonl", "{\"input_ids\":[5]}"), 1, 8);
  asked.sources.push_back(more.sources[0]);
  auto one = load(asked, 0, 1);
  auto four = load(asked, 0, 4);
  ASSERT_TRUE(one && four);
  EXPECT_EQ(one->rows.back().ids, Ids{5});
  EXPECT_EQ(one->hash, four->hash);
  asked.length = 7;
  EXPECT_NE(load(asked)->hash, one->hash);
}

// tests/calibration/make_rows.py wrote what transformers gives for the first rows of the examples' data.
TEST_F(Calibration, GivesTheReferenceRows) {
  std::string root = LCR_SOURCE_DIR;
  simdjson::dom::parser parser;
  simdjson::dom::element expected;
  ASSERT_FALSE(parser.load(root + "/tests/calibration/rows.json").get(expected));
  for (std::string fit : {"truncate", "pack", "skip"}) {
    CalibrationRequest asked = request(Kind::Text, root + "/examples/evaluation.jsonl", 6, 0);
    asked.fit = fit;
    ASSERT_FALSE(expected["length"][fit].get(asked.length));
    Diagnostics diagnostics;
    auto set = load_calibration(asked, root + "/examples/docs-llama-4m", diagnostics);
    ASSERT_TRUE(set);
    std::string rows;
    for (const CalibrationRow& row : set->rows)
      for (size_t i = 0; i < row.ids.size(); ++i) rows += std::to_string(row.ids[i]) + (i + 1 == row.ids.size() ? "\n" : " ");
    std::string_view wanted;
    ASSERT_FALSE(expected["rows"][fit].get(wanted));
    EXPECT_EQ(rows, wanted) << fit;
  }
}

TEST_F(Calibration, RefusesWhatItCannotRead) {
  refuses(request(Kind::Text, (folder_ / "none.jsonl").string(), 1, 8), codes::L0001, "none.jsonl");
  refuses(request(Kind::Text, folder_.string(), 1, 8), codes::L0001, "cannot be read");
  refuses(request(Kind::Tensors, folder_.string(), 1, 8), codes::L8022, "tensors(...)");
  std::filesystem::remove(folder_ / "tokenizer.json");
  refuses(request(Kind::Text, write("t.jsonl", "{\"text\":\"a\"}"), 1, 8), codes::L8006, "tokenizer.json");
}

}  // namespace
}  // namespace lcr
