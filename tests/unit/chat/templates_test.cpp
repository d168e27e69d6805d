#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "backend/chat/chat_template.h"
#include "backend/chat/from_json.h"

namespace lcr::chat {
namespace {

const std::filesystem::path folder = LCR_SOURCE_DIR "/tests/chat";

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_directory()) found.push_back(entry.path().filename().string());
  std::sort(found.begin(), found.end());
  return found;
}

// As tests/chat/make_cases.py calls the reference.
std::vector<std::pair<std::string, Value>> variables_of(simdjson::dom::element conversation) {
  std::vector<std::pair<std::string, Value>> variables;
  for (auto [key, element] : simdjson::dom::object(conversation)) {
    Value value;
    std::string problem;
    EXPECT_TRUE(value_of(element, value, problem)) << problem;
    variables.emplace_back(key, std::move(value));
  }
  auto given = [&](std::string_view name) {
    return std::any_of(variables.begin(), variables.end(), [&](const auto& each) { return each.first == name; });
  };
  for (const char* name : {"messages", "tools", "documents"})
    if (!given(name)) variables.emplace_back(name, None{});
  if (!given("add_generation_prompt")) variables.emplace_back("add_generation_prompt", Value(false));
  variables.emplace_back("bos_token", Value::text("<s>"));
  variables.emplace_back("eos_token", Value::text("</s>"));
  return variables;
}

class Templates : public testing::TestWithParam<std::string> {};

TEST_P(Templates, RenderAsTheReferenceDoes) {
  std::stringstream text;
  text << std::ifstream(folder / GetParam() / "template.jinja", std::ios::binary).rdbuf();
  TemplateProblem problem;
  auto chat_template = ChatTemplate::parse(text.str(), problem);
  ASSERT_TRUE(chat_template) << problem.line << ":" << problem.column << ": " << problem.message;

  simdjson::dom::parser conversation_parser, expected_parser;
  simdjson::dom::array conversations, expected;
  ASSERT_FALSE(conversation_parser.load((folder / "conversations.json").string()).get(conversations));
  ASSERT_FALSE(expected_parser.load((folder / GetParam() / "expected.json").string()).get(expected));
  ASSERT_EQ(conversations.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    Rendering rendering;
    bool rendered = chat_template->render(variables_of(conversations.at(i).value()), rendering, problem);
    simdjson::dom::element wanted = expected.at(i).value();
    std::string place = std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": " + problem.message;
    EXPECT_EQ(rendered, !wanted.is_null()) << "conversation " << i << (rendered ? "" : " at " + place);
    if (!rendered || wanted.is_null()) continue;
    EXPECT_EQ(rendering.text, std::string(wanted["text"])) << "conversation " << i;
    std::string ranges;
    for (const TextRange& range : rendering.generated) ranges += (ranges.empty() ? "[" : ",[") + std::to_string(range.begin) + "," + std::to_string(range.end) + "]";
    EXPECT_EQ("[" + ranges + "]", simdjson::minify(wanted["generated"].value())) << "conversation " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Templates, testing::ValuesIn(names()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace lcr::chat
