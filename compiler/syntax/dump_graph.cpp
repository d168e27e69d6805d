#include "compiler/syntax/dump_parts.h"

namespace lcr::syntax {

namespace {

std::string dump(const Shape::Output& output) {
  return output.bracketed ? form("dimensions", dump_all(output.dimensions)) : dump(output.dimensions[0]);
}

std::string dump(const GraphArgument& argument) {
  std::string value = dump(argument.value[0]);
  return argument.name ? form("=", {argument.name->text, value}) : value;
}

std::string dump(const Over& over) {
  return form("over", {over.variable.text, dump(over.bounds[0]), dump(over.bounds[1]), dump(over.body[0])});
}

std::string dump(const Step& step) {
  static constexpr std::string_view kHeads[] = {"assign", "yield", "unused", "repeat", "if"};
  return form(kHeads[static_cast<int>(step.kind)],
              {step.variable ? step.variable->text : std::string(), dump_list("targets", step.targets),
               dump_list("values", step.values), dump_list("bodies", step.bodies)});
}

// Calls of operations and of the blocks of a part.
std::string dump_called(const Graph& graph) {
  if (!graph.called) return {};
  std::vector<std::string> parts = {graph.path ? dump(*graph.path) : std::string()};
  for (const GraphArgument& argument : graph.arguments) parts.push_back(dump(argument));
  return form("with", parts);
}

std::string dump_base(const Graph& graph) {
  switch (graph.kind) {
    case Graph::Kind::Operation: return graph.called ? form("call", {graph.text, dump_called(graph)}) : graph.text;
    case Graph::Kind::Text: return escaped(graph.text);
    case Graph::Kind::Number: return graph.text;
    case Graph::Kind::List: return form("list", dump_all(graph.operands));
    case Graph::Kind::Member: return form("member", {dump(graph.operands[0]), graph.text, dump_called(graph)});
    case Graph::Kind::Index: return form("index", dump_all(graph.operands));
    case Graph::Kind::Negate: return form("negate", dump_all(graph.operands));
    case Graph::Kind::Not: return form("not", dump_all(graph.operands));
    case Graph::Kind::Binary: return form(graph.text, dump_all(graph.operands));
    case Graph::Kind::Choice: return form("choice", {dump(graph.operands[0]), dump_list("bodies", graph.bodies)});
  }
  return {};
}

}  // namespace

std::string dump(const Graph& graph) {
  std::string result = dump_base(graph);
  if (graph.grouped) result = form("group", {result});
  if (!graph.shape && !graph.role && graph.over.empty()) return result;
  std::vector<std::string> parts = {result, dump_if("shape", graph.shape), dump_if("role", graph.role)};
  for (const Over& over : graph.over) parts.push_back(dump(over));
  return form("annotated", parts);
}

std::string dump(const Shape& shape) {
  std::vector<std::string> outputs;
  for (const Shape::Output& output : shape.outputs) outputs.push_back(dump(output));
  return form(shape.parenthesized ? "outputs" : "output", outputs);
}

std::string dump(const Target& target) {
  return target.index ? form("index", {target.name.text, target.index->text}) : target.name.text;
}

std::string dump(const Body& body) {
  std::vector<std::string> steps;
  for (const Step& step : body.steps) steps.push_back(dump(step));
  return form(body.bare ? "bare" : "body", steps);
}

}  // namespace lcr::syntax
