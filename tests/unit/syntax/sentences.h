#pragma once

#include <random>
#include <string>

#include "compiler/syntax/tokens.h"

namespace lcr::syntax {

// Draws sentences of a rule by a random walk over ANTLR's network. Beyond 40 nested rules, and when a sentence
// has its share of words, it takes the shortest way out.
class Sentences {
 public:
  explicit Sentences(uint64_t seed, bool comments = false);

  // The words of one sentence, separated by spaces and lines, and by comments now and then.
  std::string draw(size_t rule);

 private:
  void walk(size_t rule, int level, std::string& out);
  void word(size_t type, std::string& out);
  std::string spelling(size_t type);
  size_t pick(size_t count) { return random_() % count; }
  void measure();

  std::mt19937_64 random_;
  bool comments_;
  int words_ = 0;
  int share_ = 0;
  // Fewest tokens from a state to the end of its rule.
  std::vector<int> shortest_;
};

}  // namespace lcr::syntax
