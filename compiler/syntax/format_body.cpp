#include <algorithm>

#include "compiler/syntax/format_parts.h"

namespace lcr::syntax {

namespace {

Doc format_step(Margin& margin, const Step& step, int indent);

Row step_row(Margin& margin, const Step& step, int indent) {
  Row row;
  row.remarks = margin.begin(step.span.begin);
  row.cells.push_back(format_step(margin, step, indent));
  margin.end(step.span.end, row.remarks);
  return row;
}

// Whether the author gave the steps lines of their own, or must: comments, several steps.
bool wants_lines(Margin& margin, const Body& body) {
  return body.steps.size() != 1 || margin.ends_line(body.span.begin + 1) || margin.has_before(body.span.end);
}

// `else if` has no braces of its own.
bool is_else_if(const Body& body) {
  return !body.bare && body.steps.size() == 1 && body.steps[0].kind == Step::Kind::If &&
         body.span == body.steps[0].span;
}

bool branch_wants_lines(Margin& margin, const Step& step) {
  return std::any_of(step.bodies.begin(), step.bodies.end(), [&](const Body& body) {
    return is_else_if(body) ? branch_wants_lines(margin, body.steps[0]) : wants_lines(margin, body);
  });
}

Doc braced(Margin& margin, Doc head, const Body& body, int indent, bool only_lines) {
  if (body.bare) return format_inner_body(margin, std::move(head), body);
  return brace(margin, {std::move(head), body.span.begin, body.span.end - 1, indent, only_lines}, body.steps.size(),
               [&](size_t i) { return step_row(margin, body.steps[i], indent + kIndent); });
}

// All bodies of a branch are written alike.
Doc format_branch(Margin& margin, const Step& step, int indent, bool only_lines) {
  Doc head = concat({text("if "), format_graph(margin, step.values[0])});
  Doc first = braced(margin, std::move(head), step.bodies[0], indent, only_lines);
  if (step.bodies.size() == 1) return first;
  const Body& otherwise = step.bodies[1];
  if (is_else_if(otherwise)) {
    return concat({std::move(first), text(" else "), format_branch(margin, otherwise.steps[0], indent, only_lines)});
  }
  return concat({std::move(first), braced(margin, text(" else"), otherwise, indent, only_lines)});
}

Doc format_values(Margin& margin, std::string_view head, const std::vector<Graph>& values) {
  std::vector<Doc> items;
  for (const Graph& value : values) items.push_back(format_graph(margin, value));
  return concat({text(head), fill(std::move(items))});
}

Doc format_step(Margin& margin, const Step& step, int indent) {
  switch (step.kind) {
    case Step::Kind::Assign: {
      std::vector<Doc> targets;
      for (const Target& target : step.targets) targets.push_back(format_target(target));
      return concat({fill(std::move(targets)), text(" = "), format_graph(margin, step.values[0])});
    }
    case Step::Kind::Yield: return format_values(margin, "yield ", step.values);
    case Step::Kind::Unused: return format_values(margin, "unused ", step.values);
    case Step::Kind::Repeat: {
      Doc head = concat({text("repeat " + step.variable->text + " in "), format_graph(margin, step.values[0]),
                         text("..<"), format_graph(margin, step.values[1])});
      return braced(margin, std::move(head), step.bodies[0], indent, wants_lines(margin, step.bodies[0]));
    }
    case Step::Kind::If: {
      bool lines = branch_wants_lines(margin, step);
      if (!lines) {
        Doc one = format_branch(margin, step, indent, false);
        if (flat_width(one).value_or(kWidth) + indent <= kWidth) return one;
      }
      return format_branch(margin, step, indent, true);
    }
  }
  return {};
}

}  // namespace

// A bare result stays on the line if it fits; steps always have lines of their own.
Doc format_inner_body(Margin& margin, Doc head, const Body& body) {
  if (!body.bare) return braced(margin, std::move(head), body, kIndent, true);
  Doc result = format_graph(margin, body.steps[0].values[0]);
  return concat({std::move(head), group(concat({text(" {"), nest(kIndent, concat({line(), std::move(result)})), line(),
                                                text("}")}))});
}

Doc format_steps(Margin& margin, Doc head, const Body& body, int indent) {
  return braced(margin, std::move(head), body, indent, wants_lines(margin, body));
}

}  // namespace lcr::syntax
