#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/data/pair_table.h"
#include "backend/data/vocabulary.h"

namespace lcr {

// Byte-pair encoding with the parameters of a tokenizer file. Built by the reader, then constant.
struct Bpe {
  Vocabulary vocabulary;
  // (left id << 32 | right id) -> rank, id of the pair's token.
  PairTable merges;
  std::string prefix;
  std::string suffix;
  // -1 when the file names none; -2 when it names one that the vocabulary lacks.
  int32_t unknown = -1;
  bool fuse_unknown = false;
  bool byte_fallback = false;
  bool ignore_merges = false;
  // Ids of <0x00>..<0xFF>; -1 where the vocabulary lacks one.
  std::array<int32_t, 256> fallback{};
  // Words come as raw bytes whose letters are `letters`; `vocabulary` then holds raw bytes too.
  bool raw_bytes = false;
  std::array<int32_t, 256> letters{};
};

// Fills `fallback` from the vocabulary.
void find_fallback(Bpe& model);
// Turns a model over byte letters into one over raw bytes. False (and no change) when its parameters or a missing
// letter make the two differ.
bool use_raw_bytes(Bpe& model);

// Appends the ids of one word. False when the word needs the unknown token and the vocabulary lacks it.
bool encode_word(const Bpe& model, std::string_view word, std::vector<int32_t>& ids);

}  // namespace lcr
