#include "compiler/syntax/format.h"

#include <fmt/core.h>

#include "compiler/syntax/format_parts.h"

namespace lcr::syntax {

namespace {

Row language_row(Margin& margin, const File& file) {
  Row row;
  row.remarks = margin.begin(file.language_span.begin);
  row.cells.push_back(text(fmt::format("language {}", file.language)));
  margin.end(file.language_span.end, row.remarks);
  return row;
}

Row header_row(Margin& margin, const Header& header) {
  Row row;
  row.remarks = margin.begin(header.span.begin);
  row.cells.push_back(format_header(header));
  margin.end(header.span.end, row.remarks);
  return row;
}

// An empty line before the row and the comments that stand on it.
void set_apart(Row& row) {
  if (row.remarks.above.empty()) {
    row.remarks.blank = true;
  } else {
    row.remarks.above[0].blank = true;
  }
}

// Comments behind the last statement.
std::string last_comments(Margin& margin, uint32_t size) {
  std::string result;
  for (const Remark& remark : margin.begin(size).above) {
    result += (remark.blank ? "\n" : "") + remark.text + "\n";
  }
  return result;
}

}  // namespace

std::string format(const Sources& sources, const File& file) {
  std::string_view source = sources.file(file.id).text();
  Margin margin(source, file.comments);
  std::vector<Row> rows = {language_row(margin, file), header_row(margin, file.header)};
  set_apart(rows[1]);
  for (const Statement& statement : file.statements) rows.push_back(format_statement(margin, statement));
  if (rows.size() > 2) set_apart(rows[2]);
  std::string last = last_comments(margin, static_cast<uint32_t>(source.size()));
  return print(stack_rows(std::move(rows), 0, true), kWidth) + "\n" + last;
}

}  // namespace lcr::syntax
