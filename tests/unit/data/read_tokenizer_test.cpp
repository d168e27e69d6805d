#include <gtest/gtest.h>

#include "backend/data/tokenizer.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

const std::string kModel = R"("model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]})";

// The diagnostics of a file with these members.
std::vector<Diagnostic> problems(const std::string& members) {
  Diagnostics diagnostics;
  auto tokenizer = parse_tokenizer("{" + members + "}", "tokenizer.json", diagnostics);
  EXPECT_EQ(tokenizer == nullptr, diagnostics.has_errors());
  return diagnostics.items();
}

void expect_one(const std::string& members, Code code, const std::string& part) {
  auto items = problems(members);
  ASSERT_EQ(items.size(), 1u) << members;
  EXPECT_EQ(items[0].code, code) << items[0].message;
  EXPECT_NE(items[0].message.find(part), std::string::npos) << items[0].message;
  EXPECT_EQ(items[0].helps.empty(), code != codes::L8002);
}

std::vector<int32_t> encode(const std::string& members, std::string_view text) {
  Diagnostics diagnostics;
  auto tokenizer = parse_tokenizer("{" + members + "}", "tokenizer.json", diagnostics);
  if (!tokenizer) return {-1};
  Encoder encoder(tokenizer);
  std::vector<int32_t> ids;
  return encoder.encode(text, true, ids) ? ids : std::vector<int32_t>{-2};
}

TEST(ReadTokenizer, ReadsTheSmallestFile) { EXPECT_EQ(encode(kModel, "abba"), (std::vector<int32_t>{2, 1, 0})); }

TEST(ReadTokenizer, NamesUnknownParts) {
  const std::string after = "," + kModel;
  expect_one(R"("model":{"type":"WordPiece"})", codes::L8002, "`WordPiece`");
  expect_one(R"("normalizer":{"type":"Precompiled"})" + after, codes::L8002, "`Precompiled`");
  expect_one(R"("pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"UnicodeScripts"}]})" + after, codes::L8002,
             "`pre_tokenizer.pretokenizers[0]`");
  expect_one(R"("pre_tokenizer":{"type":"ByteLevel","lossy":true})" + after, codes::L8002, "`lossy`");
  expect_one(R"("pre_tokenizer":{"type":"Split","pattern":{"Regex":"(?<a>"},"behavior":"Isolated","invert":false})" + after,
             codes::L8002, "`(?<a>`");
  expect_one(R"("pre_tokenizer":{"type":"Punctuation","behavior":"Shuffled"})" + after, codes::L8002, "`Shuffled`");
  expect_one(R"("post_processor":{"type":"Oracle"})" + after, codes::L8002, "`Oracle`");
  expect_one(R"("version":"2.0")" + after, codes::L8002, "version");
  expect_one(R"("model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1})", codes::L8002, "dropout");
}

TEST(ReadTokenizer, NamesBrokenPlaces) {
  expect_one("", codes::L8001, "`model`");
  expect_one(R"("model":[])", codes::L8001, "`model`");
  expect_one(R"("model":{"type":"BPE","vocab":{"a":-1},"merges":[]})", codes::L8001, "`model.vocab[\"a\"]`");
  expect_one(R"("model":{"type":"BPE","vocab":{"a":99999999999},"merges":[]})", codes::L8001, "`model.vocab[\"a\"]`");
  expect_one(R"("model":{"type":"BPE","vocab":{"a":0},"merges":["a a"]})", codes::L8001, "`aa`");
  expect_one(R"("model":{"type":"BPE","vocab":{"a":0},"merges":["aa"]})", codes::L8001, "`model.merges[0]`");
  expect_one(R"("added_tokens":{},)" + kModel, codes::L8001, "`added_tokens`");
  expect_one(R"("added_tokens":[{"id":7,"content":"x"}],)" + kModel, codes::L8001, "id 7");
  expect_one(R"("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"q"}}]},)" + kModel, codes::L8001, "`q`");
  Diagnostics diagnostics;
  EXPECT_FALSE(parse_tokenizer("{\"a\": \xff}", "tokenizer.json", diagnostics));
  EXPECT_FALSE(parse_tokenizer("", "tokenizer.json", diagnostics));
  EXPECT_FALSE(read_tokenizer("/nowhere/tokenizer.json", diagnostics));
  EXPECT_EQ(diagnostics.size(), 3u);
}

TEST(ReadTokenizer, ReportsAFewOfManyProblems) {
  std::string merges = "\"x\"";
  for (int i = 0; i < 1000; ++i) merges += ",\"x\"";
  EXPECT_LE(problems(R"("model":{"type":"BPE","vocab":{"a":0},"merges":[)" + merges + "]}").size(), 25u);
}

TEST(Encoder, SaysWhyATextHasNoIds) {
  Diagnostics diagnostics;
  auto tokenizer = parse_tokenizer(R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"u"}})", "t", diagnostics);
  ASSERT_TRUE(tokenizer);
  Encoder encoder(tokenizer);
  std::vector<int32_t> ids{5};
  EXPECT_FALSE(encoder.encode("ab", true, ids));
  EXPECT_NE(encoder.problem().find("unknown token"), std::string::npos);
  EXPECT_FALSE(encoder.encode("a\xff", true, ids));
  EXPECT_NE(encoder.problem().find("UTF-8"), std::string::npos);
  EXPECT_TRUE(encoder.encode("a", true, ids));
  EXPECT_EQ(ids, (std::vector<int32_t>{5, 0}));
}

TEST(Encoder, LongAndShortWordsMergeAlike) {
  const std::string model =
      R"("model":{"type":"BPE","vocab":{"a":0,"b":1,"aa":2,"ab":3,"aaab":4,"aaaa":5},"merges":["a b","a a","aa ab","aa aa"]})";
  std::string text;
  for (int i = 0; i < 5000; ++i) text += i % 7 == 3 || i % 5 == 1 ? 'b' : 'a';
  std::vector<int32_t> whole = encode(model, text);
  // The words of a long text, one at a time: no merge crosses a b.
  std::vector<int32_t> parts;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('b', at), text.size() - 1) + 1;
    for (int32_t id : encode(model, text.substr(at, end - at))) parts.push_back(id);
    at = end;
  }
  EXPECT_EQ(whole, parts);
}

}  // namespace
}  // namespace lcr
