#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lcr {

// A part of a text; `match` tells hits of a pattern from what lies between them.
struct Slice {
  size_t begin = 0;
  size_t end = 0;
  bool match = false;
};

// A compiled PCRE2 pattern (UTF, UCP, JIT). Copies share the compiled code; matching is safe from many threads.
class Regex {
 public:
  // Patterns are in the dialect of tokenizer files (Oniguruma). Null with the reason in `problem` when the pattern
  // uses something that has no equal here.
  static std::shared_ptr<const Regex> compile(std::string_view pattern, std::string& problem);
  static std::shared_ptr<const Regex> literal(std::string_view text, std::string& problem);

  // Cuts `text` (valid UTF-8) into hits and gaps that cover it in order. Hits may be empty, gaps are not. False when
  // the search ran into its limits.
  bool cut(std::string_view text, std::vector<Slice>& slices) const;

 private:
  struct Free {
    void operator()(void* code) const;
  };
  explicit Regex(void* code) : code_(code) {}
  static std::shared_ptr<const Regex> build(std::string_view pattern, unsigned options, std::string& problem);

  std::unique_ptr<void, Free> code_;
};

}  // namespace lcr
