#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lcr::elaboration {

// A pattern over tensor names: `**` is any text, `*` any text without a dot, `{e}` a number or the "{}" that stands
// for one.
class PathPattern {
 public:
  explicit PathPattern(std::string_view text);

  struct Match {
    std::string any;     // what the first `**` stands for
    std::string number;  // what `{e}` stands for
  };
  std::optional<Match> match(std::string_view name) const;

  // The name of the variable in braces; empty when there is none.
  const std::string& variable() const { return variable_; }

 private:
  struct Piece {
    enum class Kind { Literal, Any, Part, Number } kind;
    std::string text;
  };
  bool matches(std::string_view name, size_t piece, Match& match) const;

  std::vector<Piece> pieces_;
  std::string variable_;
};

}  // namespace lcr::elaboration
