#include "backend/chat/chat_template.h"

#include <algorithm>

#include <fmt/format.h>

#include "backend/chat/limits.h"
#include "backend/chat/parser.h"
#include "backend/chat/text.h"

namespace lcr::chat {

void ChatTemplate::place(const Problem& found, TemplateProblem& problem) const {
  std::string_view before = std::string_view(text_).substr(0, found.offset);
  size_t newline = before.rfind('\n');
  problem.message = found.message;
  problem.line = static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  problem.column = static_cast<uint32_t>(code_points(newline == std::string_view::npos ? before : before.substr(newline + 1))) + 1;
}

std::shared_ptr<const ChatTemplate> ChatTemplate::parse(std::string_view text, TemplateProblem& problem) {
  std::shared_ptr<ChatTemplate> result(new ChatTemplate);
  if (text.size() > kLongestTemplate) {
    problem = {fmt::format("it has more than {} MiB", kLongestTemplate >> 20), 1, 1};
    return nullptr;
  }
  result->text_ = normal_newlines(text);
  std::vector<Token> tokens;
  Problem found;
  if (!cut_template(result->text_, tokens, found)) {
    result->place(found, problem);
    return nullptr;
  }
  Parser parser(tokens);
  result->body_ = parser.parse();
  result->marks_generation_ = parser.marks_generation();
  if (!parser.failed()) return result;
  result->place(parser.problem(), problem);
  return nullptr;
}

bool ChatTemplate::render(std::vector<std::pair<std::string, Value>> variables, Rendering& rendering, TemplateProblem& problem) const {
  Scope context;
  context.names = std::move(variables);
  Interpreter interpreter(std::move(context));
  interpreter.run(body_);
  if (interpreter.failed()) {
    place(interpreter.problem(), problem);
    problem.refused = interpreter.refused();
    return false;
  }
  rendering = {interpreter.text(), interpreter.generated()};
  return true;
}

}  // namespace lcr::chat
