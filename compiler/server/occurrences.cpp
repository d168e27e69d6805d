#include "compiler/server/occurrences.h"

#include <algorithm>

#include "compiler/language/algorithms.h"

namespace lcr::server {
namespace {

struct Collector {
  std::vector<Occurrence> found;

  void add(const syntax::Name& name, Place place) { found.push_back({name.text, name.span, place}); }

  void values(const std::vector<syntax::Value>& list, Place place) {
    for (const syntax::Value& item : list) value(item, place);
  }
  void value(const syntax::Value& item, Place place) {
    if (const auto* call = std::get_if<syntax::Call>(&item.node)) return named(*call, place);
    if (const auto* list = std::get_if<syntax::List>(&item.node)) return values(list->items, place);
    if (const auto* optional = std::get_if<syntax::Optional>(&item.node)) return values(optional->operand, place);
    if (const auto* group = std::get_if<syntax::Group>(&item.node)) return values(group->operand, place);
    if (const auto* operation = std::get_if<syntax::Operation>(&item.node)) values(operation->operands, place);
  }

  // A called name is a word of the language: `group(64)`, `type(linear)`; its arguments can be params.
  void named(const syntax::Call& call, Place place) {
    if (!call.called) return add(call.name, place);
    const bool words = place == Place::Selection && (call.name.text == "type" || call.name.text == "role");
    if (words) return;
    for (const syntax::Argument& argument : call.arguments) values(argument.value, Place::Value);
  }

  void algorithm(const syntax::Call& call) {
    add(call.name, Place::Stack);
    const AlgorithmInfo* info = find_algorithm(call.name.text);
    for (const syntax::Argument& argument : call.arguments) {
      const ParameterInfo* parameter = info && argument.name ? find_parameter(info->parameters, argument.name->text) : nullptr;
      const ParameterType type = parameter ? parameter->type : ParameterType::Number;
      if (type == ParameterType::Word || type == ParameterType::Words) continue;
      values(argument.value, type == ParameterType::Selection ? Place::Selection : Place::Value);
    }
  }
  void stack(const std::optional<syntax::Stack>& stack) {
    if (!stack) return;
    for (const syntax::Call& call : stack->calls) algorithm(call);
  }
  void fields(const syntax::Fields& fields) {
    for (const syntax::Field& field : fields.fields) {
      value(field.value, field.name.text == "together" ? Place::Selection : Place::Value);
      if (field.over) value(*field.over, Place::Selection);
    }
  }

  void bodies(const std::vector<syntax::Body>& list) {
    for (const syntax::Body& body : list)
      for (const syntax::Step& step : body.steps) {
        for (const syntax::Graph& item : step.values) graph(item);
        bodies(step.bodies);
      }
  }
  void graph(const syntax::Graph& item) {
    if (item.kind == syntax::Graph::Kind::Operation && item.called) {
      const Span name = {item.span.file, item.span.begin, item.span.begin + static_cast<uint32_t>(item.text.size())};
      found.push_back({item.text, name, Place::Block});
    }
    for (const syntax::GraphArgument& argument : item.arguments)
      for (const syntax::Graph& inner : argument.value) graph(inner);
    for (const syntax::Graph& operand : item.operands) graph(operand);
    bodies(item.bodies);
    for (const syntax::Over& over : item.over) bodies(over.body);
  }

  // ---- statements

  void operator()(const syntax::Use& use) {
    for (const syntax::Imported& imported : use.imported) {
      add(imported.name, Place::Imported);
      if (imported.alias) add(*imported.alias, Place::Alias);
    }
  }
  void operator()(const syntax::Extends& extends) {
    if (extends.preset.size() == 1) add(extends.preset.front(), Place::Preset);
    for (const syntax::Argument& argument : extends.arguments) values(argument.value, Place::Any);
  }
  void operator()(const syntax::Param& param) {
    add(param.name, Place::Declaration);
    if (param.value) value(*param.value, Place::Any);
  }
  void operator()(const syntax::Select& select) {
    add(select.name, Place::Declaration);
    value(select.value, Place::Selection);
  }
  void operator()(const syntax::Scheme& scheme) {
    add(scheme.name, Place::Declaration);
    fields(scheme.fields);
  }
  void operator()(const syntax::Method& method) {
    add(method.name, Place::Declaration);
    stack(method.stack);
  }
  void operator()(const syntax::Keep& keep) { value(keep.selection, Place::Selection); }
  void operator()(const syntax::Quantize& rule) {
    value(rule.selection, Place::Selection);
    if (rule.precision) value(*rule.precision, Place::Precision);
    for (const syntax::Candidate& candidate : rule.candidates) {
      if (candidate.precision) value(*candidate.precision, Place::Precision);
      stack(candidate.stack);
    }
    stack(rule.stack);
  }
  void operator()(const syntax::Prune& prune) {
    value(prune.selection, Place::Selection);
    if (prune.share) value(*prune.share, Place::Value);
    if (prune.call) algorithm(*prune.call);
  }
  void operator()(const syntax::Transform& transform) {
    algorithm(transform.call);
    if (transform.on) value(*transform.on, Place::Selection);
  }
  void operator()(const syntax::Untie& untie) { value(untie.selection, Place::Selection); }
  void operator()(const syntax::Dequantize& dequantize) { value(dequantize.selection, Place::Selection); }
  void operator()(const syntax::Calibrate& block) { fields(block.fields); }
  void operator()(const syntax::Budget& block) { fields(block.fields); }
  void operator()(const syntax::Serve& block) { fields(block.fields); }
  void operator()(const syntax::Export& block) { fields(block.fields); }
  void operator()(const syntax::Schedule& block) {
    for (const auto& item : block.items) {
      if (const auto* place = std::get_if<syntax::Place>(&item)) fields(place->fields);
      else value(std::get<syntax::Field>(item).value, Place::Value);
    }
  }
  void operator()(const syntax::Accept& accept) { value(accept.selection, Place::Selection); }
  void operator()(const syntax::Require& require) { value(require.selection, Place::Selection); }
  void operator()(const syntax::Block& block) {
    add(block.name, Place::Declaration);
    bodies({block.body});
  }
  void operator()(const syntax::Model& model) { bodies({model.body}); }
  template <typename Other>
  void operator()(const Other&) {}
};

}  // namespace

std::vector<Occurrence> occurrences(const syntax::File& file) {
  Collector collector;
  if (file.header.kind == syntax::FileKind::Preset)
    collector.found.push_back({file.header.name, file.header.name_span, Place::Declaration});
  for (const syntax::Statement& statement : file.statements) std::visit(collector, statement.node);
  std::stable_sort(collector.found.begin(), collector.found.end(), [](const Occurrence& a, const Occurrence& b) { return a.span.begin < b.span.begin; });
  return std::move(collector.found);
}

const Occurrence* occurrence_at(const std::vector<Occurrence>& all, uint32_t offset) {
  for (const Occurrence& one : all)
    if (one.span.begin <= offset && offset <= one.span.end) return &one;
  return nullptr;
}

}  // namespace lcr::server
