#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "backend/data/byte_trie.h"
#include "backend/data/vocabulary.h"

namespace lcr {

// The unigram language model of Kudo 2018 (arXiv:1804.10959): the segmentation with the highest sum of log
// probabilities.
struct Unigram {
  Vocabulary vocabulary;
  ByteTrie trie;
  std::vector<double> scores;
  double unknown_score = 0;
  // -1 when the file names none.
  int32_t unknown = -1;
  bool byte_fallback = false;
  std::array<int32_t, 256> fallback{};
};

// Appends the ids of one word. False when the word needs the unknown token and the file names none.
bool encode_word(const Unigram& model, std::string_view word, std::vector<int32_t>& ids);

// A table of whole words.
struct WordLevel {
  Vocabulary vocabulary;
  // -1 when the vocabulary lacks it.
  int32_t unknown = -1;
};
bool encode_word(const WordLevel& model, std::string_view word, std::vector<int32_t>& ids);

}  // namespace lcr
