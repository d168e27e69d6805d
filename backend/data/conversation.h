#pragma once

#include <string>
#include <utility>
#include <vector>

#include "backend/chat/chat_template.h"
#include "backend/data/json_line.h"
#include "backend/data/model_template.h"

namespace lcr {

// One line of a chat file.
struct Conversation {
  std::vector<chat::Value> messages;
  // `tools` and `documents`; None where the line has none.
  chat::Value tools = chat::None{}, documents = chat::None{};
};

// Reads `field`, `tools` and `documents` of a line. False with the reason in `problem`.
bool read_conversation(JsonLine& json, std::string_view line, const std::string& field, Conversation& conversation, std::string& problem);

// The first `count` messages as the template writes them, with the prompt for an answer when `prompts`.
bool render(const ModelTemplate& model, const Conversation& conversation, size_t count, bool prompts, chat::Rendering& rendering,
            chat::TemplateProblem& problem);

// What the assistant says in `whole`, the rendering of the conversation: from the template's `generation` blocks, or from
// what a message of the assistant adds behind the messages before it and the prompt for it. Where a template writes a
// message otherwise once others follow, the part ends with the message's own text. False, with the number of the message
// in `message`, when it cannot be told.
bool find_assistant(const ModelTemplate& model, const Conversation& conversation, const chat::Rendering& whole,
                    std::vector<chat::TextRange>& ranges, size_t& message);

}  // namespace lcr
