#include <simdjson.h>

#include "backend/data/tokenizer_tables.h"
#include "backend/data/word_cache.h"

namespace lcr {

struct Encoder::State {
  std::shared_ptr<const Tokenizer> tokenizer;
  WordCache cache;
  Pieces pieces;
  std::string problem;

  bool fail(std::string_view reason) {
    problem = reason;
    return false;
  }
  bool encode_text(std::string_view text, std::vector<int32_t>& ids);
  bool encode_part(std::string_view text, bool at_start, std::vector<int32_t>& ids);
  bool encode_pieces(std::string_view text, bool at_start, std::vector<int32_t>& ids);
  bool encode_piece(std::string_view word, std::vector<int32_t>& ids);
};

bool Encoder::State::encode_piece(std::string_view word, std::vector<int32_t>& ids) {
  const TokenModel& model = tokenizer->tables().model;
  constexpr std::string_view kNoUnknown = "it needs the unknown token, which the vocabulary lacks";
  if (word.size() > WordCache::kLongestWord) return encode_word(model, word, ids) || fail(kNoUnknown);
  uint64_t hash = cache.hash(word);
  std::span<const int32_t> kept = cache.find(word, hash);
  if (kept.data()) {
    ids.insert(ids.end(), kept.begin(), kept.end());
    return true;
  }
  size_t begin = ids.size();
  if (!encode_word(model, word, ids)) return fail(kNoUnknown);
  cache.keep(word, hash, std::span<const int32_t>(ids).subspan(begin));
  return true;
}

// Text without added tokens, normalized.
bool Encoder::State::encode_pieces(std::string_view text, bool at_start, std::vector<int32_t>& ids) {
  pieces.text.assign(text);
  pieces.slices.assign(1, {0, text.size(), at_start});
  if (!pre_tokenize(tokenizer->tables().pre_tokenizer, pieces)) return fail("a split pattern ran into its limit of steps");
  for (const Slice& piece : pieces.slices)
    if (!encode_piece(std::string_view(pieces.text).substr(piece.begin, piece.end - piece.begin), ids)) return false;
  return true;
}

// Text without the added tokens that are not normalized.
bool Encoder::State::encode_part(std::string_view text, bool at_start, std::vector<int32_t>& ids) {
  const TokenizerTables& tables = tokenizer->tables();
  std::string normal(text);
  if (!normalize(tables.normalizer, normal, at_start)) return fail("the normalizer ran into its limits");
  for (const TextPart& part : cut_added_tokens(tables.added.normalized, normal)) {
    std::string_view inner = std::string_view(normal).substr(part.begin, part.end - part.begin);
    if (part.id >= 0) {
      ids.push_back(part.id);
    } else if (!encode_pieces(inner, at_start && part.begin == 0, ids)) {
      return false;
    }
  }
  return true;
}

bool Encoder::State::encode_text(std::string_view text, std::vector<int32_t>& ids) {
  for (const TextPart& part : cut_added_tokens(tokenizer->tables().added.plain, text)) {
    if (part.id >= 0) {
      ids.push_back(part.id);
    } else if (!encode_part(text.substr(part.begin, part.end - part.begin), part.begin == 0, ids)) {
      return false;
    }
  }
  return true;
}

Encoder::Encoder(std::shared_ptr<const Tokenizer> tokenizer) : state_(std::make_unique<State>()) {
  state_->tokenizer = std::move(tokenizer);
}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;

const std::string& Encoder::problem() const { return state_->problem; }

bool Encoder::encode(std::string_view text, bool add_special_tokens, std::vector<int32_t>& ids) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return state_->fail("it is not valid UTF-8");
  size_t before = ids.size();
  for (int32_t id : state_->tokenizer->tables().ids) {
    if (id == kTextIds) {
      if (state_->encode_text(text, ids)) continue;
      ids.resize(before);
      return false;
    }
    if (add_special_tokens) ids.push_back(id);
  }
  return true;
}

}  // namespace lcr
