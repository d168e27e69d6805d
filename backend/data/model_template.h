#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/chat/chat_template.h"
#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// What turns conversations into texts.
struct ModelTemplate {
  // For messages; for diagnostics.
  std::string name;
  std::shared_ptr<const chat::ChatTemplate> plain;
  // For conversations with tools; null where the model has one template for both.
  std::shared_ptr<const chat::ChatTemplate> with_tools;
  // bos_token, eos_token …
  std::vector<std::pair<std::string, chat::Value>> tokens;
};

// `source` is a path, or "model": then `chat_template.jinja` of the folder, else `chat_template` of its
// tokenizer_config.json. The special tokens are the model's in both cases. Empty after a diagnostic.
std::optional<ModelTemplate> load_model_template(const std::string& source, const std::string& model_dir, Diagnostics& diagnostics);

}  // namespace lcr
