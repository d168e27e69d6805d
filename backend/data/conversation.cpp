#include "backend/data/conversation.h"

#include <algorithm>

#include <fmt/format.h>

#include "backend/chat/from_json.h"

namespace lcr {
namespace {

using chat::Value;

// A field that is a list, or missing or null.
bool read_list(const JsonLine& json, const std::string& name, Value& value, std::string& problem) {
  simdjson::dom::element element;
  if (!json.other(name, element) || element.is_null()) return true;
  if (!element.is_array()) {
    problem = fmt::format("`{}` is no list", name);
    return false;
  }
  return chat::value_of(element, value, problem);
}

const chat::ChatTemplate& template_of(const ModelTemplate& model, const Conversation& conversation) {
  return model.with_tools && !conversation.tools.is_none() ? *model.with_tools : *model.plain;
}

// Where message `i` ends when its text gets longer: what follows it stays.
bool find_end(const ModelTemplate& model, const Conversation& conversation, const std::string& whole, size_t i, size_t begin, size_t& end) {
  // A code point that no conversation needs.
  const std::string mark = "\xf4\x8f\xbf\xbd";
  const chat::Dict* message = conversation.messages[i].as_dict();
  const Value* content = message->find("content");
  if (!content || !content->as_text()) return false;
  Conversation longer = conversation;
  chat::Dict changed = *message;
  changed.set(Value::text("content"), Value::text(content->as_text()->bytes + mark));
  longer.messages[i] = Value::dict(std::move(changed));
  chat::Rendering rendering;
  chat::TemplateProblem problem;
  if (!render(model, longer, longer.messages.size(), false, rendering, problem)) return false;
  size_t found = rendering.text.find(mark);
  if (found == std::string::npos) return false;
  std::string_view behind = std::string_view(rendering.text).substr(found + mark.size());
  if (!std::string_view(whole).ends_with(behind)) return false;
  end = whole.size() - behind.size();
  return end >= begin;
}

}  // namespace

bool read_conversation(JsonLine& json, std::string_view line, const std::string& field, Conversation& conversation, std::string& problem) {
  simdjson::dom::element element;
  Value messages;
  if (!json.field(line, field, element)) {
    problem = json.problem();
    return false;
  }
  if (!element.is_array()) {
    problem = fmt::format("`{}` is no list", field);
    return false;
  }
  if (!chat::value_of(element, messages, problem)) return false;
  conversation.messages = messages.as_sequence()->items;
  for (const Value& message : conversation.messages) {
    if (message.as_dict()) continue;
    problem = fmt::format("`{}` holds something that is no message", field);
    return false;
  }
  return read_list(json, "tools", conversation.tools, problem) && read_list(json, "documents", conversation.documents, problem);
}

bool render(const ModelTemplate& model, const Conversation& conversation, size_t count, bool prompts, chat::Rendering& rendering,
            chat::TemplateProblem& problem) {
  auto variables = model.tokens;
  auto end = conversation.messages.begin() + static_cast<ptrdiff_t>(count);
  variables.emplace_back("messages", Value::list({conversation.messages.begin(), end}));
  variables.emplace_back("tools", conversation.tools);
  variables.emplace_back("documents", conversation.documents);
  variables.emplace_back("add_generation_prompt", Value(prompts));
  return template_of(model, conversation).render(std::move(variables), rendering, problem);
}

bool find_assistant(const ModelTemplate& model, const Conversation& conversation, const chat::Rendering& whole,
                    std::vector<chat::TextRange>& ranges, size_t& message) {
  if (template_of(model, conversation).marks_generation()) {
    ranges = whole.generated;
    return true;
  }
  const std::vector<Value>& messages = conversation.messages;
  // The length of the rendering of the first messages, which must begin the whole.
  auto length = [&](size_t count, bool prompts, size_t& bytes) {
    chat::Rendering part;
    chat::TemplateProblem problem;
    if (!render(model, conversation, count, prompts, part, problem) || !whole.text.starts_with(part.text)) return false;
    bytes = part.text.size();
    return true;
  };
  for (message = 0; message < messages.size(); ++message) {
    const Value* role = messages[message].as_dict()->find("role");
    if (!role || !role->as_text() || role->as_text()->bytes != "assistant") continue;
    chat::TextRange range;
    // Before the first message a template may fail: it has none to look at.
    if (!length(message, true, range.begin) && !length(message, false, range.begin) && message > 0) return false;
    if (message + 1 == messages.size()) range.end = whole.text.size();
    else if (!length(message + 1, false, range.end) && !find_end(model, conversation, whole.text, message, range.begin, range.end)) return false;
    if (range.end < range.begin) return false;
    ranges.push_back(range);
  }
  return true;
}

}  // namespace lcr
