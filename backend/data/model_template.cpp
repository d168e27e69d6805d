#include "backend/data/model_template.h"

#include <filesystem>

#include <fmt/format.h>
#include <simdjson.h>

#include "backend/data/file_text.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

std::shared_ptr<const chat::ChatTemplate> parse(std::string_view text, const std::string& name, Diagnostics& diagnostics) {
  chat::TemplateProblem problem{"it is no UTF-8", 1, 1};
  bool valid = simdjson::validate_utf8(text.data(), text.size());
  auto result = valid ? chat::ChatTemplate::parse(text, problem) : nullptr;
  if (!result)
    diagnostics
        .report(codes::L8023, fmt::format("the chat template of `{}` cannot be read: line {}, column {}: {}", name, problem.line,
                                         problem.column, problem.message))
        .help("give another template, or render and tokenize the conversations elsewhere and give them with `tokens(...)`")
        .with("file", name)
        .with("line", static_cast<int64_t>(problem.line));
  return result;
}

bool parse_file(const std::string& path, ModelTemplate& result, Diagnostics& diagnostics) {
  auto text = read_file_text(path, diagnostics);
  if (!text) return false;
  result.name = path;
  result.plain = parse(*text, path, diagnostics);
  return result.plain != nullptr;
}

// A text, or an object with the text as `content`.
bool token_text(simdjson::dom::element value, std::string_view& text) {
  simdjson::dom::object object;
  if (!value.get(object)) return !object.at_key("content").get(text);
  return !value.get(text);
}

// `chat_template`: a text, or a list of named ones of which `default` and `tool_use` are used.
bool parse_value(simdjson::dom::element value, ModelTemplate& result, Diagnostics& diagnostics) {
  std::string_view text;
  if (!value.get(text)) {
    result.plain = parse(text, result.name, diagnostics);
    return result.plain != nullptr;
  }
  simdjson::dom::array list;
  if (value.get(list)) return true;
  for (simdjson::dom::element entry : list) {
    std::string_view name;
    if (entry["name"].get(name) || entry["template"].get(text)) continue;
    auto& place = name == "tool_use" ? result.with_tools : result.plain;
    if (name != "default" && name != "tool_use") continue;
    place = parse(text, result.name, diagnostics);
    if (!place) return false;
  }
  return true;
}

// False after a diagnostic.
bool read_config(const std::string& path, bool wants_template, ModelTemplate& result, Diagnostics& diagnostics) {
  auto text = read_file_text(path, diagnostics);
  if (!text) return false;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (auto error = parser.parse(*text).get(object)) {
    diagnostics.report(codes::L8023, fmt::format("`{}` is no JSON object: {}", path, simdjson::error_message(error))).with("file", path);
    return false;
  }
  if (wants_template) result.name = path;
  for (auto [key, value] : object) {
    std::string_view token;
    if (key.ends_with("_token") && token_text(value, token)) result.tokens.emplace_back(key, chat::Value::text(std::string(token)));
    if (wants_template && key == "chat_template" && !parse_value(value, result, diagnostics)) return false;
  }
  return true;
}

}  // namespace

std::optional<ModelTemplate> load_model_template(const std::string& source, const std::string& model_dir, Diagnostics& diagnostics) {
  ModelTemplate result;
  std::string own = model_dir + "/chat_template.jinja", config = model_dir + "/tokenizer_config.json";
  std::string path = source != "model" ? source : std::filesystem::exists(own) ? own : "";
  if (!path.empty() && !parse_file(path, result, diagnostics)) return std::nullopt;
  if (std::filesystem::exists(config) && !read_config(config, path.empty(), result, diagnostics)) return std::nullopt;
  if (!result.plain && result.with_tools) result.plain = result.with_tools;
  if (result.plain) return result;
  diagnostics.report(codes::L8023, fmt::format("`{}` has no chat template", model_dir))
      .help("say `template = \"x.jinja\"`, or render and tokenize the conversations elsewhere and give them with `tokens(...)`")
      .with("file", model_dir);
  return std::nullopt;
}

}  // namespace lcr
