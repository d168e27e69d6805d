#include <simdjson.h>

#include "backend/chat/chat_template.h"
#include "backend/chat/from_json.h"
#include "tests/fuzz/targets.h"

namespace {

constexpr char kConversation[] = R"({
  "messages": [
    {"role": "system", "content": "Be <b>brief</b>."},
    {"role": "user", "content": [{"type": "text", "text": "Wetter in Köln?"}, {"type": "image"}]},
    {"role": "assistant", "content": null, "reasoning_content": "a tool",
     "tool_calls": [{"id": "1", "type": "function", "function": {"name": "get", "arguments": {"place": "Köln", "n": 1.5}}}]},
    {"role": "tool", "tool_call_id": "1", "content": "sunny\n"},
    {"role": "assistant", "content": "<think>x</think>It is sunny."}],
  "tools": [{"type": "function", "function": {"name": "get", "description": "d", "parameters":
    {"type": "object", "properties": {"place": {"type": "string"}, "n": {"type": "number"}}, "required": ["place"]}}}],
  "add_generation_prompt": true, "documents": null, "bos_token": "<s>", "eos_token": "</s>"})";

using Variables = std::vector<std::pair<std::string, lcr::chat::Value>>;

Variables variables() {
  simdjson::dom::parser parser;
  Variables all;
  for (auto [key, element] : simdjson::dom::object(parser.parse(std::string_view(kConversation)))) {
    lcr::chat::Value value;
    std::string problem;
    lcr::fuzz::require(value_of(element, value, problem), "the conversation can be read");
    all.emplace_back(key, std::move(value));
  }
  return all;
}

}  // namespace

void lcr::fuzz::chat(std::string_view input) {
  // As every caller does.
  if (!simdjson::validate_utf8(input.data(), input.size())) return;
  static const Variables given = variables();
  lcr::chat::TemplateProblem problem;
  const auto read = lcr::chat::ChatTemplate::parse(input, problem);
  require(read || !problem.message.empty(), "a template is read or refused");
  if (!read) return;
  lcr::chat::Rendering rendering;
  if (!read->render(given, rendering, problem)) return require(!problem.message.empty(), "a refusal has a reason");
  require(simdjson::validate_utf8(rendering.text), "what is rendered is UTF-8");
  size_t before = 0;
  for (const auto& range : rendering.generated) {
    require(before <= range.begin && range.begin <= range.end && range.end <= rendering.text.size(), "ranges are in order");
    before = range.end;
  }
}
