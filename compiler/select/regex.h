#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace lcr {

// A regular expression of PCRE2 with bounded work for each match.
class NameRegex {
 public:
  enum class Anchor { Whole, Start, None };
  enum class Result { No, Yes, TooExpensive };

  NameRegex(std::string_view pattern, Anchor anchor);
  ~NameRegex();
  NameRegex(NameRegex&&) noexcept;

  // Empty when the pattern compiled; else what is wrong with it, and where in the pattern.
  const std::string& problem() const { return problem_; }
  size_t problem_offset() const { return offset_; }
  Result match(std::string_view subject) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
  std::string problem_;
  size_t offset_ = 0;
};

}  // namespace lcr
