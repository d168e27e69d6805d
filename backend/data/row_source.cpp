#include "backend/data/row_source.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

bool has_suffix(const std::string& path, std::string_view suffix) {
  return std::string_view(path).ends_with(suffix);
}

std::unique_ptr<RowSource> refuse(const CalibrationSource& source, std::string message, std::string help, Diagnostics& diagnostics) {
  diagnostics.report(codes::L8022, std::move(message)).help(std::move(help)).with("file", source.path);
  return nullptr;
}

}  // namespace

std::shared_ptr<const Tokenizer> SourceContext::need_tokenizer() {
  if (tokenizer) return tokenizer;
  std::string path = model_dir + "/tokenizer.json";
  if (!std::filesystem::exists(path)) {
    diagnostics.report(codes::L8006, fmt::format("the calibration data hold text and `{}` has no `tokenizer.json`", model_dir))
        .help("put a `tokenizer.json` into the model's directory, or give ids with `tokens(...)`");
    return nullptr;
  }
  tokenizer = read_tokenizer(path, diagnostics);
  return tokenizer;
}

bool SourceContext::check_ids(const std::vector<int64_t>& ids, const std::string& place) {
  int64_t limit = options.vocabulary > 0 ? options.vocabulary : int64_t{INT32_MAX} + 1;
  auto wrong = std::find_if(ids.begin(), ids.end(), [&](int64_t id) { return id < 0 || id >= limit; });
  if (wrong == ids.end()) return true;
  diagnostics.report(codes::L8014, fmt::format("{} holds the token {}, and the model has 0..{}", place, *wrong, limit - 1))
      .help("use the tokenizer that belongs to the model");
  return false;
}

std::unique_ptr<RowSource> open_source(const CalibrationSource& source, SourceContext& context) {
  using Kind = CalibrationSource::Kind;
  switch (source.kind) {
    case Kind::Text: return has_suffix(source.path, ".txt") ? open_text_file(source, context) : open_text_lines(source, context);
    case Kind::Chat: return open_chat_lines(source, context);
    case Kind::Tokens:
      return has_suffix(source.path, ".safetensors") ? open_token_tensor(source, context) : open_token_lines(source, context);
    case Kind::Tensors: break;
  }
  return refuse(source, "`tensors(...)` cannot be read by this version: calibration runs on tokens only",
                "give text, a chat or tokens; parts of the model that need other inputs are then not calibrated", context.diagnostics);
}

}  // namespace lcr
