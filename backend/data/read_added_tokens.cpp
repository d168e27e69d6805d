#include "backend/data/read_added_tokens.h"

#include <algorithm>

#include <fmt/format.h>

namespace lcr {
namespace {

AddedToken read_token(PartReader& reader, const TokenizerPart& part) {
  reader.only(part, {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
  AddedToken token;
  auto id = value_of(part.object, "id");
  if (id) {
    token.id = reader.id(*id, part.place + ".id");
  } else {
    reader.broken(part.place, "has no `id`");
  }
  token.content = reader.text(part, "content");
  token.single_word = reader.flag(part, "single_word", false);
  token.strips_left = reader.flag(part, "lstrip", false);
  token.strips_right = reader.flag(part, "rstrip", false);
  token.normalized = reader.flag(part, "normalized", true);
  token.special = reader.flag(part, "special", false);
  return token;
}

std::vector<AddedToken> read_list(PartReader& reader, simdjson::dom::element value) {
  std::vector<AddedToken> tokens;
  simdjson::dom::array list;
  if (value.get(list)) {
    reader.broken("added_tokens", "is no list");
    return tokens;
  }
  for (simdjson::dom::element entry : list) {
    auto part = reader.part(entry, fmt::format("added_tokens[{}]", tokens.size()), "added token");
    if (!part) return tokens;
    tokens.push_back(read_token(reader, *part));
  }
  return tokens;
}

// Replaces the ids of the file by those that the tokens get.
void assign_ids(PartReader& reader, std::vector<AddedToken>& tokens, const Vocabulary& vocabulary) {
  std::unordered_map<std::string_view, int32_t> known;
  int64_t size = static_cast<int64_t>(vocabulary.size());
  int64_t highest = -1;
  for (AddedToken& token : tokens) {
    int64_t id = vocabulary.find(token.content);
    if (auto seen = known.find(token.content); seen != known.end()) id = seen->second;
    if (id < 0) id = highest >= size ? highest + 1 : size;
    if (id != token.id)
      reader.broken("added_tokens", fmt::format("gives `{}` the id {}, but it gets {}", token.content, token.id, id));
    token.id = static_cast<int32_t>(id);
    known[token.content] = token.id;
    highest = std::max(highest, id);
  }
}

}  // namespace

AddedTokenSets read_added_tokens(PartReader& reader, simdjson::dom::element value, const Vocabulary& vocabulary,
                                 const Normalizer& normalizer) {
  AddedTokenSets sets;
  std::vector<AddedToken> tokens = read_list(reader, value);
  if (reader.failed()) return sets;
  assign_ids(reader, tokens, vocabulary);
  // Where two have one spelling, special ones go first.
  std::stable_partition(tokens.begin(), tokens.end(), [](const AddedToken& token) { return token.special; });
  for (const AddedToken& token : tokens) {
    AddedTokens& set = token.normalized ? sets.normalized : sets.plain;
    std::string spelling = token.content;
    bool at_start = true;
    if (token.normalized && !normalize(normalizer, spelling, at_start))
      reader.unknown("added_tokens", fmt::format("has `{}`, which cannot be normalized", token.content));
    if (token.normalized && spelling.empty() && !token.content.empty())
      reader.unknown("added_tokens", fmt::format("has `{}`, which the normalizer makes empty", token.content));
    set.trie.add(spelling, static_cast<uint32_t>(token.id));
    sets.plain.by_id[token.id] = token;
    sets.normalized.by_id[token.id] = token;
  }
  return sets;
}

}  // namespace lcr
