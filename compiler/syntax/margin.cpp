#include "compiler/syntax/margin.h"

#include <utility>

namespace lcr::syntax {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

bool Margin::blank_above(uint32_t offset) const {
  int ends = 0;
  for (uint32_t i = offset; i > 0; --i) {
    char c = text_[i - 1];
    if (c == '\n' && ++ends == 2) return true;
    if (c != '\n' && !is_space(c)) return false;
  }
  return false;
}

Remarks Margin::begin(uint32_t offset) {
  Remarks result;
  while (has_before(offset)) {
    const Comment& comment = comments_[next_++];
    result.above.push_back({comment.text, comment.doc, blank_above(comment.span.begin)});
  }
  result.blank = blank_above(offset);
  return result;
}

void Margin::end(uint32_t offset, Remarks& remarks) {
  size_t at = remarks.above.size();
  while (at > 0 && remarks.above[at - 1].doc) --at;
  for (; has_before(offset); ++at) {
    const Comment& comment = comments_[next_++];
    Remark remark{comment.doc ? comment.text.substr(1) : comment.text, false, false};
    // The empty line stays above all of them.
    if (at < remarks.above.size()) std::swap(remark.blank, remarks.above[at].blank);
    remarks.above.insert(remarks.above.begin() + static_cast<ptrdiff_t>(at), std::move(remark));
  }
  remarks.trailing = behind(offset);
}

std::string Margin::behind(uint32_t offset) {
  if (next_ == comments_.size()) return {};
  const Comment& comment = comments_[next_];
  if (comment.own_line || comment.span.begin < offset) return {};
  for (uint32_t i = offset; i < comment.span.begin; ++i) {
    if (!is_space(text_[i]) && text_[i] != ',') return {};
  }
  ++next_;
  return comment.text;
}

bool Margin::has_before(uint32_t offset) const {
  return next_ < comments_.size() && comments_[next_].span.begin < offset;
}

bool Margin::ends_line(uint32_t offset) const {
  while (offset < text_.size() && is_space(text_[offset])) ++offset;
  return offset == text_.size() || text_[offset] == '\n' || text_[offset] == '#';
}

uint32_t Margin::next_sign(uint32_t offset) const {
  while (offset < text_.size()) {
    if (text_[offset] == '#') {
      while (offset < text_.size() && text_[offset] != '\n') ++offset;
    } else if (is_space(text_[offset]) || text_[offset] == '\n') {
      ++offset;
    } else {
      break;
    }
  }
  return offset;
}

}  // namespace lcr::syntax
