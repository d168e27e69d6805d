#include "backend/data/read_model.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace lcr {
namespace {

using simdjson::dom::element;

void read_vocabulary(PartReader& reader, const TokenizerPart& part, Vocabulary& vocabulary) {
  auto value = value_of(part.object, "vocab");
  simdjson::dom::object object;
  if (!value || value->get(object)) return reader.broken(part.place, "has no `vocab` that is an object");
  vocabulary.reserve(object.size(), 0);
  for (auto field : object) {
    uint64_t id = 0;
    if (field.value.get(id) || id > INT32_MAX) {
      reader.id(field.value, fmt::format("{}.vocab[\"{}\"]", part.place, field.key));
      continue;
    }
    vocabulary.set(field.key, static_cast<int32_t>(id));
  }
}

// Both spellings: "left right" and ["left", "right"].
bool read_pair(element value, std::string_view& left, std::string_view& right) {
  std::string_view line;
  if (!value.get(line)) {
    size_t space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) return false;
    left = line.substr(0, space);
    right = line.substr(space + 1);
    return true;
  }
  simdjson::dom::array pair;
  return !value.get(pair) && pair.size() == 2 && !pair.at(0).get(left) && !pair.at(1).get(right);
}

void read_merges(PartReader& reader, const TokenizerPart& part, Bpe& model) {
  auto list = reader.array(part, "merges");
  if (!list) return;
  model.merges.reserve(list->size());
  uint32_t rank = 0;
  std::string merged;
  for (element value : *list) {
    std::string_view left;
    std::string_view right;
    auto place = [&] { return fmt::format("{}.merges[{}]", part.place, rank); };
    // Old files begin with the version line of merges.txt.
    if (std::string_view line; !value.get(line) && line.starts_with("#version")) continue;
    if (!read_pair(value, left, right)) {
      reader.broken(place(), "is not a pair of tokens");
      ++rank;
      continue;
    }
    merged.assign(left);
    // The right token's prefix says that it continues a word; the merged token keeps the left one's.
    merged += right.substr(std::min(model.prefix.size(), right.size()));
    int32_t a = model.vocabulary.find(left);
    int32_t b = model.vocabulary.find(right);
    int32_t ab = model.vocabulary.find(merged);
    if (a < 0 || b < 0 || ab < 0) {
      reader.broken(place(), fmt::format("has the token `{}`, which the vocabulary lacks", a < 0 ? left : b < 0 ? right : merged));
    } else {
      model.merges.set(uint64_t{static_cast<uint32_t>(a)} << 32 | static_cast<uint32_t>(b), {rank, static_cast<uint32_t>(ab)});
    }
    ++rank;
  }
}

Bpe read_bpe(PartReader& reader, const TokenizerPart& part) {
  reader.only(part, {"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
                     "ignore_merges", "vocab", "merges"});
  Bpe model;
  if (auto dropout = value_of(part.object, "dropout")) {
    double probability = 0;
    if (dropout->get(probability)) reader.broken(part.place, "has a `dropout` that is no number");
    if (probability != 0) reader.unknown(part.place, "has a `dropout`, which makes ids random");
  }
  model.prefix = reader.text(part, "continuing_subword_prefix", {});
  model.suffix = reader.text(part, "end_of_word_suffix", {});
  model.fuse_unknown = reader.flag(part, "fuse_unk", false);
  model.byte_fallback = reader.flag(part, "byte_fallback", false);
  model.ignore_merges = reader.flag(part, "ignore_merges", false);
  read_vocabulary(reader, part, model.vocabulary);
  read_merges(reader, part, model);
  if (value_of(part.object, "unk_token")) {
    int32_t id = model.vocabulary.find(reader.text(part, "unk_token"));
    model.unknown = id >= 0 ? id : -2;
  }
  find_fallback(model);
  return model;
}

void read_pieces(PartReader& reader, const TokenizerPart& part, Unigram& model) {
  auto list = reader.array(part, "vocab");
  if (!list) return;
  std::vector<std::string_view> pieces;
  double lowest = INFINITY;
  for (element value : *list) {
    simdjson::dom::array pair;
    std::string_view text;
    double score = 0;
    if (value.get(pair) || pair.size() != 2 || pair.at(0).get(text) || pair.at(1).get(score)) {
      reader.broken(fmt::format("{}.vocab[{}]", part.place, pieces.size()), "is not a token with its score");
      return;
    }
    model.vocabulary.set(text, static_cast<int32_t>(pieces.size()));
    pieces.push_back(text);
    model.scores.push_back(score);
    lowest = std::min(lowest, score);
  }
  for (std::string_view piece : pieces) model.trie.add(piece, static_cast<uint32_t>(model.vocabulary.find(piece)));
  // Unknown code points cost this much more than the least likely token.
  model.unknown_score = lowest - 10.0;
}

Unigram read_unigram(PartReader& reader, const TokenizerPart& part) {
  reader.only(part, {"vocab", "unk_id", "byte_fallback"});
  Unigram model;
  model.byte_fallback = reader.flag(part, "byte_fallback", false);
  read_pieces(reader, part, model);
  if (auto unknown = value_of(part.object, "unk_id")) {
    model.unknown = reader.id(*unknown, part.place + ".unk_id");
    if (model.unknown >= static_cast<int64_t>(model.scores.size()))
      reader.broken(part.place, "has an `unk_id` that the vocabulary lacks");
  }
  for (int byte = 0; byte < 256; ++byte) model.fallback[byte] = model.vocabulary.find(fmt::format("<0x{:02X}>", byte));
  return model;
}

WordLevel read_word_level(PartReader& reader, const TokenizerPart& part) {
  reader.only(part, {"vocab", "unk_token"});
  WordLevel model;
  read_vocabulary(reader, part, model.vocabulary);
  model.unknown = model.vocabulary.find(reader.text(part, "unk_token"));
  return model;
}

}  // namespace

TokenModel read_model(PartReader& reader, element value) {
  // Files from before `type` hold merges when they are BPE.
  simdjson::dom::object object;
  bool has_merges = !value.get(object) && value_of(object, "merges");
  auto part = reader.part(value, "model", has_merges ? "BPE" : "");
  if (!part) return Bpe();
  if (part->type == "BPE") return read_bpe(reader, *part);
  if (part->type == "Unigram") return read_unigram(reader, *part);
  if (part->type == "WordLevel") return read_word_level(reader, *part);
  reader.unknown(part->place, fmt::format("is `{}`, which is not known", part->type));
  return Bpe();
}

const Vocabulary& vocabulary_of(const TokenModel& model) {
  return std::visit([](const auto& kind) -> const Vocabulary& { return kind.vocabulary; }, model);
}

bool encode_word(const TokenModel& model, std::string_view word, std::vector<int32_t>& ids) {
  return std::visit([&](const auto& kind) { return encode_word(kind, word, ids); }, model);
}

}  // namespace lcr
