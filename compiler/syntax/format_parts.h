#pragma once

#include <functional>

#include "compiler/syntax/layout.h"
#include "compiler/syntax/margin.h"
#include "compiler/syntax/tree.h"

// The parts of the formatter: nodes become documents, in the order of the text, because each takes the comments that
// stand before it from the margin.
namespace lcr::syntax {

constexpr int kWidth = 120;
constexpr int kIndent = 2;

// One entry of a list of statements, fields or steps. The cells of adjacent rows of one kind are aligned.
struct Row {
  std::vector<Doc> cells;
  int kind = -1;               // -1 never aligns
  int hang = 0;                // columns by which the second cell stands further left (`>=` ends where `=` does)
  size_t breakable = 99;       // cells from here on may begin a new line
  std::string_view gap = " ";  // before the third cell
  bool ragged = false;         // the last cell but one is no measure for its neighbours
  Remarks remarks;
};

enum RowKind { kFieldRow = 1000, kPlaceRow, kSettingRow, kLayoutRow, kNamesRow, kRuleRow };

// The rows under each other, `indent` columns from the left, with their comments and empty lines. `roomy`: rows of
// several lines have empty lines around them.
Doc stack_rows(std::vector<Row> rows, int indent, bool roomy);

// `head { … }`, on one line when the author wrote it so and it fits.
struct Braces {
  Doc head;
  uint32_t open;               // offsets of the braces
  uint32_t close;
  int indent;
  bool only_lines = false;     // never on one line
};
Doc brace(Margin& margin, Braces braces, size_t count, const std::function<Row(size_t)>& row);

// `[` and one item a line, up to the bracket at `close`.
struct ListItem {
  Span span;
  std::function<Doc()> format;
};
Doc format_lines(Margin& margin, std::string_view open, size_t count, uint32_t close,
                 const std::function<ListItem(size_t)>& item);

// Values and selections.
Doc format_value(Margin& margin, const Value& value);
Doc format_call(Margin& margin, const Call& call);
Doc format_arguments(Margin& margin, const std::vector<Argument>& arguments);
Doc format_comparison(const Comparison& comparison);
Doc format_stack(Margin& margin, const Stack& stack);
std::string quote(std::string_view text);
std::string tick(const Path& path);

// Blocks of fields.
Doc format_fields(Margin& margin, Doc head, const Fields& fields, int indent);
Doc format_schedule(Margin& margin, const Schedule& schedule, Span span);

// Graph expressions.
Doc format_graph(Margin& margin, const Graph& graph);
Doc format_shape(Margin& margin, const Shape& shape);
Doc format_target(const Target& target);
// What an expression may hold between braces.
Doc format_inner_body(Margin& margin, Doc head, const Body& body);
Doc format_steps(Margin& margin, Doc head, const Body& body, int indent);

// Statements.
Row format_statement(Margin& margin, const Statement& statement);
// Adds the cells of a statement of architecture files, and nothing for others.
void format_architecture(Margin& margin, const Statement& statement, Row& row);
Doc format_header(const Header& header);

}  // namespace lcr::syntax
