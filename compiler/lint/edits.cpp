#include "compiler/lint/edits.h"

namespace lcr {
namespace {

// Offset of the first byte of the line that holds `at`.
uint32_t line_begin(std::string_view text, uint32_t at) {
  const size_t end = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return end == std::string_view::npos ? 0 : static_cast<uint32_t>(end + 1);
}

bool is_doc(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  return first != std::string_view::npos && line.substr(first).starts_with("##");
}

}  // namespace

Span before(Span span) { return {span.file, span.begin, span.begin}; }
Span after(Span span) { return {span.file, span.end, span.end}; }

Span lines_of(const Sources& sources, Span statement) {
  const std::string_view text = sources.file(statement).text();
  uint32_t begin = line_begin(text, statement.begin);
  while (begin > 0) {
    const uint32_t above = line_begin(text, begin - 1);
    if (!is_doc(text.substr(above, begin - above))) break;
    begin = above;
  }
  const size_t end = text.find('\n', statement.end);
  return {statement.file, begin, static_cast<uint32_t>(end == std::string_view::npos ? text.size() : end + 1)};
}

Fix remove_statement(const Sources& sources, Span statement, Applicability applicability) {
  return {"remove the statement", applicability, {{lines_of(sources, statement), ""}}};
}

}  // namespace lcr
