#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/chat/interpreter.h"
#include "backend/chat/value.h"

namespace lcr::chat {

// Why a template cannot be read or does not render; 1-based, columns count code points.
struct TemplateProblem {
  std::string message;
  uint32_t line = 0;
  uint32_t column = 0;
  // The template itself says so (`raise_exception`).
  bool refused = false;
};

struct Rendering {
  std::string text;
  // Of `generation` blocks, in order.
  std::vector<TextRange> generated;
};

// A chat template: the part of Jinja that such templates use, with the settings of the reference library (blocks are
// trimmed, loop controls, a sandbox without side effects). Constant, may be shared by threads.
class ChatTemplate {
 public:
  // Null with a problem. `text` must be UTF-8.
  static std::shared_ptr<const ChatTemplate> parse(std::string_view text, TemplateProblem& problem);

  // `variables`: messages, tools, bos_token … False with a problem.
  bool render(std::vector<std::pair<std::string, Value>> variables, Rendering& rendering, TemplateProblem& problem) const;
  bool marks_generation() const { return marks_generation_; }

 private:
  ChatTemplate() = default;
  void place(const Problem& found, TemplateProblem& problem) const;

  std::string text_;
  Body body_;
  bool marks_generation_ = false;
};

}  // namespace lcr::chat
