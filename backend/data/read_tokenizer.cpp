#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

#include "backend/data/file_text.h"
#include "backend/data/tokenizer_tables.h"

namespace lcr {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

// Bytes need no detour over letters when nothing stands between the step that writes them and the model.
void skip_letters(TokenizerTables& tables) {
  if (tables.pre_tokenizer.empty()) return;
  auto* last = std::get_if<ByteLevelStep>(&tables.pre_tokenizer.back());
  auto* model = std::get_if<Bpe>(&tables.model);
  auto writes = [](const PreTokenizerStep& step) { return std::holds_alternative<ByteLevelStep>(step); };
  bool once = std::count_if(tables.pre_tokenizer.begin(), tables.pre_tokenizer.end(), writes) == 1;
  if (last && model && once && use_raw_bytes(*model)) last->letters = false;
}

int64_t find_id_limit(const TokenizerTables& tables) {
  int64_t limit = 0;
  auto see = [&](int64_t id) { limit = std::max(limit, id + 1); };
  vocabulary_of(tables.model).for_each([&](std::string_view, int32_t id) { see(id); });
  for (const auto& [id, token] : tables.added.plain.by_id) see(id);
  for (int32_t id : tables.ids) see(id);
  return limit;
}

void read_tables(PartReader& reader, const object& root, TokenizerTables& tables) {
  // The version of the reference library; truncation, padding and decoder do not matter to us.
  if (auto version = value_of(root, "version")) {
    std::string_view text;
    if (version->get(text) || text != "1.0") reader.unknown("version", "is not 1.0");
  }
  if (auto value = value_of(root, "normalizer")) read_normalizer(reader, *value, "normalizer", tables.normalizer);
  if (auto value = value_of(root, "pre_tokenizer")) read_pre_tokenizer(reader, *value, "pre_tokenizer", tables.pre_tokenizer);
  if (auto value = value_of(root, "post_processor")) read_processor(reader, *value, "post_processor", tables.ids);
  if (auto value = value_of(root, "model")) {
    tables.model = read_model(reader, *value);
  } else {
    reader.broken({}, "there is no `model`");
  }
  // Added tokens are normalized and get their ids by the model's size.
  if (reader.failed()) return;
  if (auto value = value_of(root, "added_tokens"))
    tables.added = read_added_tokens(reader, *value, vocabulary_of(tables.model), tables.normalizer);
  tables.id_limit = find_id_limit(tables);
  skip_letters(tables);
}

}  // namespace

int64_t Tokenizer::id_limit() const { return tables_->id_limit; }

std::shared_ptr<const Tokenizer> parse_tokenizer(std::string_view json, const std::string& name, Diagnostics& diagnostics) {
  PartReader reader(name, diagnostics);
  simdjson::dom::parser parser;
  object root;
  element document;
  auto error = parser.parse(json.data(), json.size(), true).get(document);
  if (error) {
    reader.broken({}, fmt::format("is no JSON: {}", simdjson::error_message(error)));
    return nullptr;
  }
  if (document.get(root)) {
    reader.broken({}, "is no JSON object");
    return nullptr;
  }
  auto tables = std::make_shared<TokenizerTables>();
  read_tables(reader, root, *tables);
  if (reader.failed()) return nullptr;
  return std::make_shared<const Tokenizer>(std::move(tables));
}

std::shared_ptr<const Tokenizer> read_tokenizer(const std::string& path, Diagnostics& diagnostics) {
  auto text = read_file_text(path, diagnostics);
  return text ? parse_tokenizer(*text, path, diagnostics) : nullptr;
}

}  // namespace lcr
