#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "backend/data/calibration.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

const std::string folder = LCR_SOURCE_DIR "/tests/calibration/";
const std::string model = LCR_SOURCE_DIR "/examples/docs-llama-4m";

class ChatRows : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(made_); }
  void TearDown() override { std::filesystem::remove_all(made_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(made_ / name, std::ios::binary) << text;
    return (made_ / name).string();
  }

  CalibrationRequest request(const std::string& path, const std::string& chat_template, const std::string& mask, int64_t samples) {
    CalibrationSource source{.kind = CalibrationSource::Kind::Chat, .path = path, .field = "messages", .template_ = chat_template, .mask = mask, .samples = samples};
    return {.sources = {source}, .length = 512};
  }

  std::optional<CalibrationSet> load(const CalibrationRequest& request, const std::string& model_dir = model) {
    diagnostics_ = {};
    return load_calibration(request, model_dir, diagnostics_);
  }

  void refuses(const CalibrationRequest& request, Code code, const std::string& message, const std::string& model_dir = model) {
    EXPECT_FALSE(load(request, model_dir));
    ASSERT_EQ(diagnostics_.size(), 1u);
    EXPECT_EQ(diagnostics_.items()[0].code, code);
    EXPECT_NE(diagnostics_.items()[0].message.find(message), std::string::npos) << diagnostics_.items()[0].message;
  }

  std::filesystem::path made_ = std::filesystem::temp_directory_path() / ("lcr_chat_rows_" + std::to_string(::getpid()));
  Diagnostics diagnostics_;
};

// tests/calibration/make_chats.py wrote what transformers gives.
struct Expected {
  std::vector<std::vector<int64_t>> ids;
  std::vector<std::vector<bool>> counted;
};

Expected read_expected() {
  Expected expected;
  simdjson::dom::parser parser;
  for (simdjson::dom::element row : simdjson::dom::array(parser.load(folder + "chats.json"))) {
    expected.ids.emplace_back();
    expected.counted.emplace_back();
    for (simdjson::dom::element id : simdjson::dom::array(row["ids"])) expected.ids.back().push_back(int64_t(id));
    for (simdjson::dom::element flag : simdjson::dom::array(row["counted"])) expected.counted.back().push_back(int64_t(flag) != 0);
  }
  return expected;
}

TEST_F(ChatRows, GiveTheReferenceIds) {
  Expected expected = read_expected();
  for (std::string name : {"marked.jinja", "plain.jinja"}) {
    auto set = load(request(folder + "chat.jsonl", folder + name, "all", 4));
    ASSERT_TRUE(set);
    ASSERT_EQ(set->rows.size(), 4u);
    EXPECT_EQ(set->sources[0].skipped, 1);
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(set->rows[i].ids, expected.ids[i]) << name << " " << i;
      EXPECT_TRUE(set->rows[i].counted.empty());
    }
  }
}

// With `generation` blocks, and derived from what each message adds.
TEST_F(ChatRows, GiveTheReferenceMasks) {
  Expected expected = read_expected();
  for (std::string name : {"marked.jinja", "plain.jinja"}) {
    auto set = load(request(folder + "chat.jsonl", folder + name, "assistant", 3));
    ASSERT_TRUE(set);
    EXPECT_EQ(set->sources[0].skipped, 2);
    size_t with_answer[] = {0, 1, 3};
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(set->rows[i].ids, expected.ids[with_answer[i]]) << name << " " << i;
      EXPECT_EQ(set->rows[i].counted, expected.counted[with_answer[i]]) << name << " " << i;
    }
  }
  refuses(request(folder + "chat.jsonl", folder + "plain.jinja", "assistant", 4), codes::L8020, "has 3 rows");
}

TEST_F(ChatRows, MasksAreCutAndPackedWithTheIds) {
  Expected expected = read_expected();
  CalibrationRequest asked = request(folder + "chat.jsonl", folder + "marked.jinja", "assistant", 2);
  asked.length = 24;
  auto set = load(asked);
  ASSERT_TRUE(set);
  expected.counted[0].resize(24);
  EXPECT_EQ(set->rows[0].counted, expected.counted[0]);
  asked.fit = "pack";
  set = load(asked);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->rows[0].counted, expected.counted[0]);
  EXPECT_EQ(set->rows[1].counted.size(), 24u);
}

// The last message is written otherwise than the same message with others behind it.
TEST_F(ChatRows, AMessageThatChangesEndsWithItsText) {
  std::string chat_template = write("last.jinja", "{% for m in messages %}<{{ m.role }}>{{ '#' if loop.last }}{{ m.content }};{% endfor %}");
  std::string two = R"({"role": "user", "content": "a"}, {"role": "assistant", "content": "bb"})";
  std::string path = write("c.jsonl", R"({"messages": [)" + two + R"(, {"role": "user", "content": "c"}]})");
  auto set = load(request(path, chat_template, "assistant", 1));
  ASSERT_FALSE(set);
  EXPECT_EQ(diagnostics_.items()[0].code, codes::L8025);

  chat_template = write("end.jinja", "{% for m in messages %}<{{ m.role }}>{{ m.content }};{{ '#' if loop.last and m.role == 'assistant' }}{% endfor %}");
  set = load(request(path, chat_template, "assistant", 1));
  ASSERT_TRUE(set);
  EXPECT_TRUE(std::find(set->rows[0].counted.begin(), set->rows[0].counted.end(), true) != set->rows[0].counted.end());
}

TEST_F(ChatRows, TheModelsOwnTemplate) {
  std::string one = write("c.jsonl", R"({"messages": [{"role": "user", "content": "a"}], "tools": [1]})");
  refuses(request(one, "model", "all", 1), codes::L8023, "has no chat template");
  std::filesystem::copy_file(model + "/tokenizer.json", made_ / "tokenizer.json");
  write("tokenizer_config.json", R"({"bos_token": {"content": "x"}, "add_bos_token": true, "chat_template": [
    {"name": "default", "template": "a"}, {"name": "tool_use", "template": "{{ bos_token }}b"}, {"name": "rag", "template": "{{"}]})");
  auto tools = load(request(one, "model", "all", 1), made_.string());
  ASSERT_TRUE(tools);
  auto text = load_calibration({.sources = {{.path = write("t.jsonl", "{\"text\":\"xb\"}"), .field = "text", .samples = 1}}, .length = 8}, model, diagnostics_);
  ASSERT_TRUE(text);
  // Texts begin with the tokenizer's own first token, chats with what the template writes.
  EXPECT_EQ(tools->rows[0].ids, std::vector<int64_t>(text->rows[0].ids.begin() + 1, text->rows[0].ids.end()));
  write("chat_template.jinja", "{{ nothing }}a\n{% if %}");
  refuses(request(one, "model", "all", 1), codes::L8023, "line 2, column 7: an expression is expected here", made_.string());
}

TEST_F(ChatRows, NameTheLineAndThePlaceInTheTemplate) {
  std::string chat_template = write("t.jinja", "{% for m in messages %}\n{{ m.content + 1 }}{% endfor %}");
  std::string path = write("c.jsonl", "\n{\"messages\": [{\"content\": \"a\"}]}");
  refuses(request(path, chat_template, "all", 1), codes::L8024, "fails on line 2 of");
  EXPECT_NE(diagnostics_.items()[0].notes[0].find("line 2, column 14 of the chat template"), std::string::npos) << diagnostics_.items()[0].notes[0];
  write("t.jinja", "{{ raise_exception('roles must alternate') }}");
  refuses(request(path, chat_template, "all", 1), codes::L8024, "refuses line 2 of");
  for (const char* line : {"{\"messages\": 1}", "{\"messages\": [1]}", "{}", "{\"messages\": [], \"tools\": \"[]\"}", "{\"messages\": [{\"a\": 99999999999999999999}]}"}) {
    write("c.jsonl", line);
    refuses(request(path, chat_template, "all", 1), codes::L8004, "line 1 of");
  }
}

}  // namespace
}  // namespace lcr
