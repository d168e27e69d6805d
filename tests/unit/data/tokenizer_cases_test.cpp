#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "backend/data/tokenizer.h"

namespace lcr {
namespace {

namespace fs = std::filesystem;

std::string messages(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& item : diagnostics.items()) text += item.message + "\n";
  return text;
}

fs::path tokenizers() { return fs::path(LCR_SOURCE_DIR) / "tests/tokenizer"; }

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(tokenizers()))
    if (fs::exists(entry.path() / "tokenizer.json")) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

class TokenizerCases : public testing::TestWithParam<std::string> {};

std::vector<int32_t> numbers(simdjson::dom::element list) {
  std::vector<int32_t> ids;
  for (int64_t id : simdjson::dom::array(list)) ids.push_back(static_cast<int32_t>(id));
  return ids;
}

std::vector<std::string> texts() {
  simdjson::dom::parser parser;
  std::vector<std::string> list;
  for (std::string_view text : simdjson::dom::array(parser.load(tokenizers() / "texts.json"))) list.emplace_back(text);
  return list;
}

void expect_ids(Encoder& encoder, simdjson::dom::element expected, bool special) {
  std::vector<std::string> samples = texts();
  size_t i = 0;
  for (simdjson::dom::element ids : simdjson::dom::array(expected)) {
    const std::string& text = samples[i++];
    // Twice: the second time words come from the cache.
    for (int round = 0; round < 2; ++round) {
      std::vector<int32_t> got;
      ASSERT_TRUE(encoder.encode(text, special, got)) << encoder.problem();
      EXPECT_EQ(got, numbers(ids)) << "[" << text << "]";
    }
  }
  EXPECT_GT(i, 0u);
}

// The ids in cases.json come from the reference library (make_cases.py).
TEST_P(TokenizerCases, GivesTheReferenceIds) {
  fs::path folder = tokenizers() / GetParam();
  Diagnostics diagnostics;
  auto tokenizer = read_tokenizer(folder / "tokenizer.json", diagnostics);
  ASSERT_TRUE(tokenizer) << messages(diagnostics);
  Encoder encoder(tokenizer);
  simdjson::dom::parser parser;
  simdjson::dom::element cases = parser.load(folder / "cases.json");
  expect_ids(encoder, cases["ids"], true);
  simdjson::dom::element plain;
  if (!cases["plain_ids"].get(plain)) expect_ids(encoder, plain, false);
}

INSTANTIATE_TEST_SUITE_P(All, TokenizerCases, testing::ValuesIn(case_names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace lcr
