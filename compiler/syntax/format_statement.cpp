#include <fmt/core.h>

#include "compiler/syntax/format_parts.h"

namespace lcr::syntax {

namespace {

std::string dotted(const std::vector<Name>& names) {
  std::string result;
  for (const Name& name : names) result += (result.empty() ? "" : ".") + name.text;
  return result;
}

// `line` before a part that may go to the next line.
Doc may_wrap(Doc doc) { return nest(kIndent, group(concat({line(), std::move(doc)}))); }

Doc candidate(Margin& margin, const Candidate& candidate) {
  Doc result = candidate.precision ? format_value(margin, *candidate.precision) : text("keep");
  if (candidate.stack) {
    result = concat({std::move(result), text(" with "), format_stack(margin, *candidate.stack)});
  }
  return result;
}

// `auto [` is broken like a list: one candidate a line when the author began it so.
Doc precision(Margin& margin, const Quantize& rule) {
  if (rule.precision) return format_value(margin, *rule.precision);
  uint32_t open = margin.next_sign(rule.precision_span.begin + static_cast<uint32_t>(std::string_view("auto").size()));
  if (margin.ends_line(open + 1)) {
    return format_lines(margin, "auto [", rule.candidates.size(), rule.precision_span.end - 1, [&](size_t i) {
      return ListItem{rule.candidates[i].span,
                      [&margin, &entry = rule.candidates[i]] { return candidate(margin, entry); }};
    });
  }
  std::vector<Doc> items;
  for (const Candidate& entry : rule.candidates) items.push_back(candidate(margin, entry));
  return concat({text("auto ["), fill(std::move(items)), text("]")});
}

// Fills in the cells of a row; `verb` is "override " or nothing.
struct StatementFormatter {
  Margin& margin;
  Row& row;
  Span span;
  std::string verb;

  void operator()(const Use& use) {
    std::vector<Doc> items;
    for (const Imported& imported : use.imported) {
      items.push_back(text(imported.alias ? imported.name.text + " as " + imported.alias->text : imported.name.text));
    }
    std::string module = use.file ? quote(use.file->text) : dotted(use.module);
    one(concat({text("use " + module + ".{"), fill(std::move(items)), text("}")}));
  }
  void operator()(const Extends& extends) {
    Doc head = text("extends " + dotted(extends.preset));
    one(extends.called ? concat({std::move(head), format_arguments(margin, extends.arguments)}) : std::move(head));
  }
  void operator()(const Param& param) {
    row.cells = {text("param " + param.name.text), text(": " + param.type.text)};
    if (param.value) row.cells.push_back(concat({text("= "), format_value(margin, *param.value)}));
  }
  void operator()(const Select& select) {
    row.cells = {text("select " + select.name.text), concat({text("= "), format_value(margin, select.value)})};
    if (select.expect) row.cells.push_back(text(fmt::format("expect {}", *select.expect)));
    row.gap = "  ";
    row.breakable = 2;
  }
  void operator()(const Scheme& scheme) {
    one(format_fields(margin, text("scheme " + scheme.name.text), scheme.fields, 0));
  }
  void operator()(const Method& method) {
    row.cells = {text("method " + method.name.text), concat({text("= "), format_stack(margin, method.stack)})};
  }
  void operator()(const Calibrate& calibrate) { one(format_fields(margin, text("calibrate"), calibrate.fields, 0)); }
  void operator()(const Transform& transform) {
    Doc call = format_call(margin, transform.call);
    std::vector<Doc> parts = {text("transform "), std::move(call)};
    if (transform.on) parts.push_back(may_wrap(concat({text("on "), format_value(margin, *transform.on)})));
    one(concat(std::move(parts)));
  }
  void operator()(const Default& rule) { one(text(rule.keep ? "default keep" : "default refuse")); }
  void operator()(const Keep& rule) { selection("keep ", rule.selection); }
  // `quantize` and `prune` have the same four cells: verb, selection, what becomes of it, method.
  void operator()(const Quantize& rule) {
    const Call* scheme = rule.precision ? std::get_if<Call>(&rule.precision->node) : nullptr;
    row.ragged = scheme == nullptr || scheme->called;
    row.kind = kRuleRow;
    row.cells = {text(verb + "quantize"), format_value(margin, rule.selection)};
    row.cells.push_back(concat({text("as "), precision(margin, rule)}));
    if (rule.stack) row.cells.push_back(concat({text("with "), format_stack(margin, *rule.stack)}));
    row.breakable = 2;
  }
  void operator()(const Prune& rule) {
    row.kind = kRuleRow;
    row.cells = {text(verb + "prune"), format_value(margin, rule.selection), amount(rule)};
    if (rule.call) row.cells.push_back(concat({text("with "), format_call(margin, *rule.call)}));
    row.breakable = 2;
  }
  void operator()(const Untie& statement) { selection("untie ", statement.selection); }
  void operator()(const Dequantize& statement) { selection("dequantize ", statement.selection); }
  void operator()(const Budget& budget) { one(format_fields(margin, text("budget"), budget.fields, 0)); }
  void operator()(const Serve& serve) {
    one(format_fields(margin, text("serve " + serve.server.text), serve.fields, 0));
  }
  void operator()(const Schedule& schedule) { one(format_schedule(margin, schedule, span)); }
  void operator()(const Export& statement) {
    one(format_fields(margin, text("export " + statement.format.text), statement.fields, 0));
  }
  void operator()(const Accept& accept) {
    Doc selection = format_value(margin, accept.selection);
    one(format_fields(margin, concat({text("accept " + accept.name.text + " on "), std::move(selection)}),
                      accept.fields, 0));
  }
  void operator()(const Require& require) {
    const Comparison* comparison = std::get_if<Comparison>(&require.condition);
    Doc condition =
        comparison ? format_comparison(*comparison) : format_call(margin, std::get<Call>(require.condition));
    row.cells = {concat({text("require "), std::move(condition)}),
                 concat({text("on "), format_value(margin, require.selection)})};
    std::vector<Doc> parts;
    if (require.when) {
      // Far to the right already: braces on one line would hardly fit behind the rest.
      parts.push_back(format_fields(margin, text("when"), *require.when, kWidth / 2));
      parts.push_back(text(" "));
    }
    parts.push_back(text("else " + quote(require.message.text)));
    row.cells.push_back(concat(std::move(parts)));
    row.breakable = 1;
  }
  template <typename Architecture>
  void operator()(const Architecture&) {}

  Doc amount(const Prune& rule) {
    std::string_view word = rule.by ? "by" : "to";
    if (rule.pattern) return text(fmt::format("{} {}:{}", word, rule.pattern->first, rule.pattern->second));
    if (!rule.share) return text("");
    return concat({text(word), text(" "), format_value(margin, *rule.share)});
  }
  void one(Doc doc) { row.cells.push_back(std::move(doc)); }
  void selection(std::string_view head, const Value& value) {
    one(concat({text(verb), text(head), format_value(margin, value)}));
  }
};

}  // namespace

Row format_statement(Margin& margin, const Statement& statement) {
  Row row;
  row.remarks = margin.begin(statement.span.begin);
  row.kind = static_cast<int>(statement.node.index()) * 2 + (statement.overriding ? 1 : 0);
  std::visit(StatementFormatter{margin, row, statement.span, statement.overriding ? "override " : ""}, statement.node);
  if (row.cells.empty()) format_architecture(margin, statement, row);
  margin.end(statement.span.end, row.remarks);
  return row;
}

}  // namespace lcr::syntax
