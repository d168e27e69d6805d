#include <algorithm>

#include "compiler/syntax/format_parts.h"

namespace lcr::syntax {

namespace {

// Alignment needs the widths of all cells but the last.
bool can_align(const Row& row) {
  if (row.kind < 0 || row.cells.size() < 2) return false;
  return std::all_of(row.cells.begin(), row.cells.end() - 1,
                     [](const Doc& cell) { return flat_width(cell).has_value(); });
}

int cell_width(const Row& row, size_t cell) {
  return flat_width(row.cells[cell]).value_or(kWidth) + (cell == 0 ? row.hang : 0);
}

// The width of a row on one line, with its cells filled up to `widths`.
int row_width(const Row& row, const std::vector<int>& widths) {
  int width = 0;
  for (size_t i = 0; i < row.cells.size(); ++i) {
    bool last = i + 1 == row.cells.size();
    width += last ? flat_width(row.cells[i]).value_or(0) : std::max(widths[i], cell_width(row, i)) + 1;
    if (i == 2) width += static_cast<int>(row.gap.size()) - 1;
  }
  return width;
}

// Widths to which the cells of the rows [begin, end) are filled up; empty when aligning would make a line too long
// that is not without it.
std::vector<int> widths_of(const std::vector<Row>& rows, size_t begin, size_t end, int indent) {
  std::vector<int> widths;
  bool ragged = std::any_of(rows.begin() + static_cast<ptrdiff_t>(begin), rows.begin() + static_cast<ptrdiff_t>(end),
                            [](const Row& row) { return row.ragged; });
  for (size_t i = begin; i < end; ++i) {
    size_t last = rows[i].cells.size() - 1;
    for (size_t cell = 0; cell < last; ++cell) {
      if (widths.size() == cell) widths.push_back(0);
      if (cell > 0 && cell + 1 == last && ragged) continue;
      widths[cell] = std::max(widths[cell], cell_width(rows[i], cell));
    }
  }
  for (size_t i = begin; i < end; ++i) {
    if (rows[i].breakable >= rows[i].cells.size()) continue;
    if (indent + row_width(rows[i], widths) > kWidth) return {};
  }
  return widths;
}

// A row that does not fit on a line is no measure for its neighbours.
bool is_loner(const Row& row, int indent) {
  if (!can_align(row)) return true;
  if (row.breakable >= row.cells.size()) return false;
  int width = indent + static_cast<int>(row.cells.size()) - 1;
  for (const Doc& cell : row.cells) width += flat_width(cell).value_or(kWidth);
  return width > kWidth;
}

Doc join_cells(Row& row, const std::vector<int>& widths) {
  std::vector<Doc> parts;
  for (size_t i = 0; i < row.cells.size(); ++i) {
    bool last = i + 1 == row.cells.size();
    int fill_up = last || i >= widths.size() ? 0 : widths[i] - cell_width(row, i);
    // A part that this row leaves out only counts where the row has neighbours with it.
    if (i > 0 && !last && fill_up <= 0 && flat_width(row.cells[i]) == 0) continue;
    if (i == 0) {
      parts.push_back(std::move(row.cells[i]));
    } else {
      if (i == 2) parts.push_back(text(row.gap.substr(1)));
      bool may_break = i >= row.breakable;
      Doc cell = concat({may_break ? line() : text(" "), std::move(row.cells[i])});
      parts.push_back(may_break ? nest(kIndent, group(std::move(cell))) : std::move(cell));
    }
    if (fill_up > 0) parts.push_back(text(std::string(static_cast<size_t>(fill_up), ' ')));
  }
  return concat(std::move(parts));
}

void add_row(std::vector<Doc>& parts, Row& row, Doc line, bool first, bool blank) {
  const Remarks& remarks = row.remarks;
  for (size_t i = 0; i < remarks.above.size(); ++i) {
    bool gap = i == 0 ? !first && (blank || remarks.above[i].blank) : remarks.above[i].blank;
    if (!first || i > 0) parts.push_back(hard_line());
    if (gap) parts.push_back(hard_line());
    parts.push_back(text(remarks.above[i].text));
  }
  bool alone = remarks.above.empty();
  if (!first || !alone) parts.push_back(hard_line());
  if (alone ? !first && (blank || remarks.blank) : remarks.blank) parts.push_back(hard_line());
  parts.push_back(std::move(line));
  if (!remarks.trailing.empty()) parts.push_back(text("  " + remarks.trailing));
}

}  // namespace

Doc stack_rows(std::vector<Row> rows, int indent, bool roomy) {
  std::vector<Doc> parts;
  bool was_block = false;
  for (size_t begin = 0; begin < rows.size();) {
    size_t end = begin + 1;
    bool aligns = !is_loner(rows[begin], indent);
    while (aligns && end < rows.size() && rows[end].kind == rows[begin].kind && !is_loner(rows[end], indent) &&
           !rows[end].remarks.blank && (rows[end].remarks.above.empty() || !rows[end].remarks.above[0].blank)) {
      ++end;
    }
    std::vector<int> widths = aligns ? widths_of(rows, begin, end, indent) : std::vector<int>();
    for (; begin < end; ++begin) {
      bool block = roomy && std::any_of(rows[begin].cells.begin(), rows[begin].cells.end(),
                                        [](const Doc& cell) { return !flat_width(cell).has_value(); });
      Doc line = join_cells(rows[begin], widths);
      add_row(parts, rows[begin], std::move(line), begin == 0, block || was_block);
      was_block = block;
    }
  }
  return concat(std::move(parts));
}

namespace {

// The comments between the last entry and what closes the list.
void add_last_remarks(std::vector<Doc>& inside, const Remarks& remarks, bool first) {
  for (const Remark& remark : remarks.above) {
    if (!first) inside.push_back(hard_line());
    if (remark.blank && !first) inside.push_back(hard_line());
    inside.push_back(text(remark.text));
    first = false;
  }
}

}  // namespace

Doc format_lines(Margin& margin, std::string_view open, size_t count, uint32_t close,
                 const std::function<ListItem(size_t)>& item) {
  std::vector<Row> rows;
  for (size_t i = 0; i < count; ++i) {
    ListItem entry = item(i);
    Row& row = rows.emplace_back();
    row.remarks = margin.begin(entry.span.begin);
    row.cells.push_back(concat({entry.format(), text(",")}));
    margin.end(entry.span.end, row.remarks);
  }
  std::vector<Doc> inside = {hard_line(), stack_rows(std::move(rows), 0, false)};
  add_last_remarks(inside, margin.begin(close), false);
  return concat({text(open), nest(kIndent, concat(std::move(inside))), hard_line(), text("]")});
}

Doc brace(Margin& margin, Braces braces, size_t count, const std::function<Row(size_t)>& row) {
  bool lines = braces.only_lines || margin.ends_line(braces.open + 1) || margin.has_before(braces.close);
  std::string remark = margin.behind(braces.open + 1);
  std::vector<Row> rows;
  for (size_t i = 0; i < count; ++i) rows.push_back(row(i));
  Row last;
  last.remarks = margin.begin(braces.close);
  // A place of a schedule brings its head in another cell.
  std::string opening = flat_width(braces.head) == 0 ? "{" : " {";
  if (rows.empty() && remark.empty() && last.remarks.above.empty()) {
    return concat({std::move(braces.head), text(opening + "}")});
  }
  if (!lines) {
    std::vector<Doc> parts = {braces.head, text(opening + " ")};
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i > 0) parts.push_back(text("  "));
      Row copy = rows[i];
      parts.push_back(join_cells(copy, {}));
    }
    parts.push_back(text(" }"));
    Doc one = concat(std::move(parts));
    if (flat_width(one).value_or(kWidth) + braces.indent <= kWidth) return one;
  }
  std::vector<Doc> inside = {hard_line()};
  inside.push_back(stack_rows(std::move(rows), braces.indent + kIndent, false));
  add_last_remarks(inside, last.remarks, count == 0);
  return concat({std::move(braces.head), text(remark.empty() ? opening : opening + "  " + remark),
                 nest(kIndent, concat(std::move(inside))), hard_line(), text("}")});
}

}  // namespace lcr::syntax
