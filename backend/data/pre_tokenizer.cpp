#include "backend/data/pre_tokenizer.h"

#include "backend/data/normalizer.h"
#include "backend/data/unicode.h"

namespace lcr {
namespace {

// Replaces the text of every piece by what write(piece, is_first) gives.
template <typename Write>
void rewrite_pieces(Pieces& pieces, Write write) {
  std::string text;
  text.reserve(pieces.text.size() + pieces.slices.size());
  for (Slice& piece : pieces.slices) {
    size_t begin = text.size();
    text += write(std::string_view(pieces.text).substr(piece.begin, piece.end - piece.begin), piece.match);
    piece.begin = begin;
    piece.end = text.size();
  }
  pieces.text = std::move(text);
}

bool starts_with_space(const Pieces& pieces) {
  for (const Slice& piece : pieces.slices)
    if (pieces.text[piece.begin] != ' ') return false;
  return true;
}

bool run(const ByteLevelStep& step, Pieces& pieces) {
  if (step.add_prefix_space && !starts_with_space(pieces))
    rewrite_pieces(pieces, [](std::string_view piece, bool) { return (piece[0] == ' ' ? "" : " ") + std::string(piece); });
  if (step.pattern) {
    auto cut = [&](std::string_view piece, std::vector<Slice>& found) { return step.pattern->cut(piece, found); };
    if (!split_pieces(pieces, SplitBehavior::Isolated, false, cut)) return false;
  }
  if (step.letters) rewrite_pieces(pieces, [](std::string_view piece, bool) { return byte_letters(piece); });
  return true;
}

bool run(const SplitStep& step, Pieces& pieces) {
  auto cut = [&](std::string_view piece, std::vector<Slice>& found) { return step.pattern->cut(piece, found); };
  return split_pieces(pieces, step.behavior, step.invert, cut);
}

template <typename Predicate>
bool split_by(Pieces& pieces, SplitBehavior behavior, Predicate is_hit) {
  return split_pieces(pieces, behavior, false, [&](std::string_view piece, std::vector<Slice>& found) {
    cut_code_points(piece, found, is_hit);
    return true;
  });
}

bool run(const CharacterSplitStep& step, Pieces& pieces) {
  switch (step.set) {
    case CharacterSet::Digit: return split_by(pieces, step.behavior, is_numeric);
    case CharacterSet::WhiteSpace: return split_by(pieces, step.behavior, is_white_space);
    case CharacterSet::Punctuation: return split_by(pieces, step.behavior, is_punctuation);
  }
  return false;
}

bool run(const DelimiterStep& step, Pieces& pieces) {
  return split_by(pieces, SplitBehavior::Removed, [&](char32_t code) { return code == step.delimiter; });
}

bool run(const WordRunsStep&, Pieces& pieces) {
  // Kinds: 0 white space, 1 word, 2 other. A piece is a run of one kind.
  auto kind = [](char32_t code) { return is_word(code) ? 1 : is_white_space(code) ? 0 : 2; };
  auto cut = [&](std::string_view piece, std::vector<Slice>& found) {
    int last = -1;
    for (size_t at = 0; at < piece.size();) {
      size_t begin = at;
      int now = kind(next_code_point(piece, at));
      if (now == last) {
        found.back().end = at;
      } else {
        found.push_back({begin, at, now == 0});
      }
      last = now;
    }
    return true;
  };
  return split_pieces(pieces, SplitBehavior::Removed, false, cut);
}

std::string with_replacement(const MetaspaceStep& step, std::string_view piece, bool first) {
  std::string result;
  for (char c : piece) c == ' ' ? result.append(step.replacement) : result.append(1, c);
  bool wanted = step.prepend == PrependScheme::Always || (step.prepend == PrependScheme::First && first);
  if (wanted && !result.starts_with(step.replacement)) result.insert(0, step.replacement);
  return result;
}

bool run(const MetaspaceStep& step, Pieces& pieces) {
  rewrite_pieces(pieces, [&](std::string_view piece, bool first) { return with_replacement(step, piece, first); });
  if (!step.split) return true;
  size_t at = 0;
  char32_t mark = next_code_point(step.replacement, at);
  return split_by(pieces, SplitBehavior::MergedWithNext, [&](char32_t code) { return code == mark; });
}

}  // namespace

bool pre_tokenize(const PreTokenizer& steps, Pieces& pieces) {
  for (const PreTokenizerStep& step : steps)
    if (!std::visit([&](const auto& kind) { return run(kind, pieces); }, step)) return false;
  return true;
}

}  // namespace lcr
