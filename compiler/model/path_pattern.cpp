#include "compiler/model/path_pattern.h"

#include <cctype>

namespace lcr::elaboration {
namespace {

bool is_number(std::string_view text) {
  if (text == "{}") return true;
  for (char c : text)
    if (!std::isdigit(static_cast<unsigned char>(c))) return false;
  return !text.empty();
}

}  // namespace

PathPattern::PathPattern(std::string_view text) {
  auto literal = [&]() -> std::string& {
    if (pieces_.empty() || pieces_.back().kind != Piece::Kind::Literal) pieces_.push_back({Piece::Kind::Literal, {}});
    return pieces_.back().text;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "**") {
      pieces_.push_back({Piece::Kind::Any, {}});
      ++i;
    } else if (text[i] == '*') {
      pieces_.push_back({Piece::Kind::Part, {}});
    } else if (const size_t close = text.find('}', i); text[i] == '{' && close != std::string_view::npos) {
      variable_ = text.substr(i + 1, close - i - 1);
      pieces_.push_back({Piece::Kind::Number, {}});
      i = close;
    } else {
      literal() += text[i];
    }
  }
}

std::optional<PathPattern::Match> PathPattern::match(std::string_view name) const {
  Match match;
  if (!matches(name, 0, match)) return std::nullopt;
  return match;
}

bool PathPattern::matches(std::string_view name, size_t at, Match& match) const {
  if (at == pieces_.size()) return name.empty();
  const Piece& piece = pieces_[at];
  if (piece.kind == Piece::Kind::Literal)
    return name.starts_with(piece.text) && matches(name.substr(piece.text.size()), at + 1, match);
  size_t longest = name.size();
  if (piece.kind != Piece::Kind::Any) longest = std::min(longest, name.find('.'));
  // The shortest text that lets the rest match.
  for (size_t length = 0; length <= longest; ++length) {
    if (piece.kind == Piece::Kind::Number && !is_number(name.substr(0, length))) continue;
    if (!matches(name.substr(length), at + 1, match)) continue;
    if (piece.kind == Piece::Kind::Any) match.any = name.substr(0, length);
    if (piece.kind == Piece::Kind::Number) match.number = name.substr(0, length);
    return true;
  }
  return false;
}

}  // namespace lcr::elaboration
