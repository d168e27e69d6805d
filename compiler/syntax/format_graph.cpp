#include "compiler/syntax/format_parts.h"

// Expressions of architecture files. Parentheses stand where the author put them (Graph::grouped) and where the
// layers of the grammar need them.
namespace lcr::syntax {

namespace {

// The layers of the grammar, loosest first.
enum Layer { kChoice, kOr, kAnd, kNot, kRelation, kSum, kAnnotated, kProduct, kPrefix, kPostfix };

Layer binary_layer(const std::string& op) {
  if (op == "or" || op == "default") return kOr;
  if (op == "and") return kAnd;
  if (op == "+" || op == "-") return kSum;
  if (op == "*" || op == "/" || op == "%") return kProduct;
  return kRelation;
}

Layer base_layer(const Graph& graph) {
  switch (graph.kind) {
    case Graph::Kind::Choice: return kChoice;
    case Graph::Kind::Not: return kNot;
    case Graph::Kind::Negate: return kPrefix;
    case Graph::Kind::Binary: return binary_layer(graph.text);
    default: return kPostfix;
  }
}

bool is_annotated(const Graph& graph) { return graph.shape || graph.role || !graph.over.empty(); }

Doc format_at(Margin& margin, const Graph& graph, Layer least);

Doc parenthesize(Doc doc) { return concat({text("("), align(std::move(doc)), text(")")}); }

Doc format_graph_arguments(Margin& margin, std::string head, const Graph& graph) {
  if (!graph.called) return text(head);
  if (graph.path) head += " " + tick(*graph.path) + " ";
  std::vector<Doc> items;
  for (const GraphArgument& argument : graph.arguments) {
    Doc value = format_graph(margin, argument.value[0]);
    items.push_back(argument.name ? concat({text(argument.name->text + " = "), std::move(value)}) : std::move(value));
  }
  return concat({text(head + "("), fill(std::move(items)), text(")")});
}

// A chain of one layer is one document, so that it breaks evenly. `right` is where an operand on the right stands.
void add_chain(Margin& margin, const Graph& graph, Layer layer, std::vector<Doc>& parts) {
  const Graph& left = graph.operands[0];
  bool goes_on = layer != kRelation && left.kind == Graph::Kind::Binary && !left.grouped && !is_annotated(left) &&
                 binary_layer(left.text) == layer;
  if (goes_on) {
    add_chain(margin, left, layer, parts);
  } else {
    parts.push_back(format_at(margin, left, layer == kRelation ? kSum : layer));
  }
  const Graph& right = graph.operands[1];
  // `a or if …` and `a + if …` need no parentheses.
  bool bare_choice = right.kind == Graph::Kind::Choice && !right.grouped && !is_annotated(right) &&
                     (layer == kOr || layer == kSum);
  Layer least = layer == kSum ? kAnnotated : layer == kProduct ? kPrefix : static_cast<Layer>(layer + 1);
  if (bare_choice) {
    parts.push_back(concat({text(" " + graph.text + " "), format_at(margin, right, kChoice)}));
    return;
  }
  Doc operand = format_at(margin, right, least);
  // Arguments are a better place to go to the next line.
  bool has_arguments = right.kind == Graph::Kind::Operation && right.arguments.size() > 1;
  Doc before = layer >= kSum && has_arguments ? text(" ") : line();
  parts.push_back(group(concat({std::move(before), text(graph.text + " "), std::move(operand)})));
}

Doc format_body(Margin& margin, Doc head, const Body& body) { return format_inner_body(margin, std::move(head), body); }

// Too long for a line, each `else` begins one under the `if`.
void add_branches(Margin& margin, const Graph& graph, std::vector<Doc>& parts) {
  Doc head = concat({text("if "), format_graph(margin, graph.operands[0])});
  parts.push_back(format_body(margin, std::move(head), graph.bodies[0]));
  parts.push_back(line());
  const Body& otherwise = graph.bodies[1];
  bool chain = otherwise.bare && otherwise.steps[0].values[0].kind == Graph::Kind::Choice &&
               !otherwise.steps[0].values[0].grouped;
  if (chain) {
    parts.push_back(text("else "));
    add_branches(margin, otherwise.steps[0].values[0], parts);
  } else {
    parts.push_back(format_body(margin, text("else"), otherwise));
  }
}

Doc format_choice(Margin& margin, const Graph& graph) {
  std::vector<Doc> parts;
  add_branches(margin, graph, parts);
  return group(align(concat(std::move(parts))));
}

Doc format_base(Margin& margin, const Graph& graph) {
  switch (graph.kind) {
    case Graph::Kind::Operation: return format_graph_arguments(margin, graph.text, graph);
    case Graph::Kind::Text: return text(quote(graph.text));
    case Graph::Kind::Number: return text(graph.text);
    case Graph::Kind::List: {
      std::vector<Doc> items;
      for (const Graph& item : graph.operands) items.push_back(format_graph(margin, item));
      return concat({text("["), fill(std::move(items)), text("]")});
    }
    case Graph::Kind::Member:
      return concat({format_at(margin, graph.operands[0], kPostfix),
                     format_graph_arguments(margin, "." + graph.text, graph)});
    case Graph::Kind::Index:
      return concat({format_at(margin, graph.operands[0], kPostfix), text("["),
                     format_graph(margin, graph.operands[1]), text("]")});
    case Graph::Kind::Negate: return concat({text("-"), format_at(margin, graph.operands[0], kPrefix)});
    case Graph::Kind::Not: return concat({text("not "), format_at(margin, graph.operands[0], kNot)});
    case Graph::Kind::Binary: {
      std::vector<Doc> parts;
      add_chain(margin, graph, binary_layer(graph.text), parts);
      return nest(kIndent, concat(std::move(parts)));
    }
    case Graph::Kind::Choice: return format_choice(margin, graph);
  }
  return {};
}

Doc format_annotations(Margin& margin, Doc base, const Graph& graph) {
  std::vector<Doc> parts = {std::move(base)};
  auto add = [&](Doc doc) { parts.push_back(nest(kIndent, group(concat({line(), std::move(doc)})))); };
  if (graph.shape) add(concat({text("-> "), format_shape(margin, *graph.shape)}));
  if (graph.role) add(text("role " + graph.role->text));
  for (const Over& over : graph.over) {
    Doc head = concat({text("over " + over.variable.text + " in "), format_at(margin, over.bounds[0], kSum),
                       text("..<"), format_at(margin, over.bounds[1], kSum)});
    add(format_body(margin, std::move(head), over.body[0]));
  }
  return concat(std::move(parts));
}

// `least`: the loosest layer that may stand here without parentheses.
Doc format_at(Margin& margin, const Graph& graph, Layer least) {
  Layer layer = base_layer(graph);
  Doc base = format_base(margin, graph);
  if (!is_annotated(graph)) return graph.grouped || layer < least ? parenthesize(std::move(base)) : base;
  // An annotation belongs to a prefixed expression; a looser one has its parentheses inside of it.
  bool inside = layer < kPrefix;
  if (inside) base = parenthesize(std::move(base));
  Doc whole = format_annotations(margin, std::move(base), graph);
  return (graph.grouped && !inside) || least > kAnnotated ? parenthesize(std::move(whole)) : whole;
}

Doc format_output(Margin& margin, const Shape::Output& output) {
  if (!output.bracketed) return format_graph(margin, output.dimensions[0]);
  std::vector<Doc> items;
  for (const Graph& dimension : output.dimensions) items.push_back(format_at(margin, dimension, kSum));
  return concat({text("["), fill(std::move(items)), text("]")});
}

}  // namespace

Doc format_graph(Margin& margin, const Graph& graph) { return format_at(margin, graph, kChoice); }

Doc format_shape(Margin& margin, const Shape& shape) {
  if (!shape.parenthesized) return format_output(margin, shape.outputs[0]);
  std::vector<Doc> items;
  for (const Shape::Output& output : shape.outputs) items.push_back(format_output(margin, output));
  return concat({text("("), fill(std::move(items)), text(")")});
}

Doc format_target(const Target& target) {
  return text(target.index ? target.name.text + "[" + target.index->text + "]" : target.name.text);
}

}  // namespace lcr::syntax
