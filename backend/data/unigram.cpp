#include "backend/data/unigram.h"

#include <algorithm>

#include "backend/data/regex.h"
#include "backend/data/unicode.h"

namespace lcr {
namespace {

// The best way to reach the end of a prefix of the word: its last token and where that begins.
struct Step {
  double score = 0;
  size_t begin = SIZE_MAX;
  int32_t id = 0;
};

// False when some code point is no token and there is no unknown token.
bool best_steps(const Unigram& model, std::string_view word, std::vector<Step>& steps) {
  steps.assign(word.size() + 1, {});
  auto offer = [&](size_t begin, size_t end, double score, int32_t id) {
    double total = steps[begin].score + score;
    if (steps[end].begin == SIZE_MAX || total > steps[end].score) steps[end] = {total, begin, id};
  };
  for (size_t at = 0; at < word.size();) {
    size_t begin = at;
    next_code_point(word, at);
    bool alone = false;
    model.trie.prefixes(word.substr(begin), [&](size_t length, uint32_t id) {
      offer(begin, begin + length, model.scores[id], static_cast<int32_t>(id));
      alone |= begin + length == at;
    });
    if (alone) continue;
    if (model.unknown < 0) return false;
    offer(begin, at, model.unknown_score, model.unknown);
  }
  return true;
}

// A run of unknown code points: their token if it is one after all, their bytes, or the unknown token.
void append_unknown(const Unigram& model, std::string_view run, std::vector<int32_t>& ids) {
  int32_t id = model.vocabulary.find(run);
  auto known = [&](char c) { return model.fallback[static_cast<uint8_t>(c)] >= 0; };
  if (id >= 0) {
    ids.push_back(id);
  } else if (model.byte_fallback && std::all_of(run.begin(), run.end(), known)) {
    for (char c : run) ids.push_back(model.fallback[static_cast<uint8_t>(c)]);
  } else {
    ids.push_back(model.unknown);
  }
}

}  // namespace

bool encode_word(const Unigram& model, std::string_view word, std::vector<int32_t>& ids) {
  std::vector<Step> steps;
  if (!best_steps(model, word, steps)) return false;
  std::vector<Slice> tokens;
  for (size_t end = word.size(); end > 0; end = steps[end].begin) {
    bool unknown = model.unknown >= 0 && steps[end].id == model.unknown;
    // Neighbouring unknown code points are one.
    if (unknown && !tokens.empty() && tokens.back().match) {
      tokens.back().begin = steps[end].begin;
    } else {
      tokens.push_back({steps[end].begin, end, unknown});
    }
  }
  for (auto token = tokens.rbegin(); token != tokens.rend(); ++token) {
    std::string_view text = word.substr(token->begin, token->end - token->begin);
    token->match ? append_unknown(model, text, ids) : ids.push_back(model.vocabulary.find(text));
  }
  return true;
}

bool encode_word(const WordLevel& model, std::string_view word, std::vector<int32_t>& ids) {
  int32_t id = model.vocabulary.find(word);
  ids.push_back(id >= 0 ? id : model.unknown);
  return ids.back() >= 0;
}

}  // namespace lcr
