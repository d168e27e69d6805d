#include "compiler/lint/walk.h"

namespace lcr {
namespace {

struct Walker {
  const Walk& on;

  void visit(const syntax::Value& value) const {
    if (on.value) on.value(value);
    if (const auto* call = std::get_if<syntax::Call>(&value.node)) visit(*call);
    if (const auto* list = std::get_if<syntax::List>(&value.node)) all(list->items);
    if (const auto* optional = std::get_if<syntax::Optional>(&value.node)) all(optional->operand);
    if (const auto* group = std::get_if<syntax::Group>(&value.node)) all(group->operand);
    if (const auto* operation = std::get_if<syntax::Operation>(&value.node)) all(operation->operands);
  }
  void visit(const syntax::Call& call) const {
    if (on.call) on.call(call);
    arguments(call.arguments);
  }
  void all(const std::vector<syntax::Value>& values) const {
    for (const syntax::Value& value : values) visit(value);
  }
  void arguments(const std::vector<syntax::Argument>& list) const {
    for (const syntax::Argument& argument : list) all(argument.value);
  }
  void visit(const syntax::Field& field, std::string_view place = {}) const {
    if (on.field) on.field(field, place);
    visit(field.value);
    if (field.over) visit(*field.over);
  }
  void visit(const syntax::Fields& fields, std::string_view place = {}) const {
    for (const syntax::Field& field : fields.fields) visit(field, place);
  }
  void visit(const std::optional<syntax::Value>& value) const {
    if (value) visit(*value);
  }
  void visit(const std::optional<syntax::Stack>& stack) const {
    if (!stack) return;
    for (const syntax::Call& call : stack->calls) visit(call);
  }

  void operator()(const syntax::Extends& extends) const { arguments(extends.arguments); }
  void operator()(const syntax::Param& param) const { visit(param.value); }
  void operator()(const syntax::Select& select) const { visit(select.value); }
  void operator()(const syntax::Scheme& scheme) const { visit(scheme.fields); }
  void operator()(const syntax::Method& method) const {
    for (const syntax::Call& call : method.stack.calls) visit(call);
  }
  void operator()(const syntax::Keep& keep) const { visit(keep.selection); }
  void operator()(const syntax::Untie& untie) const { visit(untie.selection); }
  void operator()(const syntax::Dequantize& dequantize) const { visit(dequantize.selection); }
  void operator()(const syntax::Quantize& quantize) const {
    visit(quantize.selection);
    visit(quantize.precision);
    for (const syntax::Candidate& candidate : quantize.candidates) {
      visit(candidate.precision);
      visit(candidate.stack);
    }
    visit(quantize.stack);
  }
  void operator()(const syntax::Prune& prune) const {
    visit(prune.selection);
    visit(prune.share);
    if (prune.call) visit(*prune.call);
  }
  void operator()(const syntax::Transform& transform) const {
    visit(transform.call);
    visit(transform.on);
  }
  void operator()(const syntax::Calibrate& calibrate) const { visit(calibrate.fields); }
  void operator()(const syntax::Budget& budget) const { visit(budget.fields); }
  void operator()(const syntax::Serve& serve) const { visit(serve.fields); }
  void operator()(const syntax::Export& to) const { visit(to.fields); }
  void operator()(const syntax::Schedule& schedule) const {
    for (const auto& item : schedule.items) {
      if (const auto* field = std::get_if<syntax::Field>(&item)) visit(*field);
      if (const auto* place = std::get_if<syntax::Place>(&item)) visit(place->fields, name_of(place->kind));
    }
  }
  void operator()(const syntax::Accept& accept) const {
    visit(accept.selection);
    visit(accept.fields);
  }
  void operator()(const syntax::Require& require) const {
    if (const auto* call = std::get_if<syntax::Call>(&require.condition)) visit(*call);
    visit(require.selection);
    if (require.when) visit(*require.when);
  }
  // Statements without values, and those of architecture files.
  template <typename Other>
  void operator()(const Other&) const {}

  static std::string_view name_of(syntax::Place::Kind kind) {
    if (kind == syntax::Place::Kind::Device) return "device";
    return kind == syntax::Place::Kind::Host ? "host" : "disk";
  }
};

}  // namespace

void walk(const syntax::Statement& statement, const Walk& walk) { std::visit(Walker{walk}, statement.node); }
void walk(const syntax::Value& value, const Walk& walk) { Walker{walk}.visit(value); }

std::string_view word_of(const syntax::Statement& statement) {
  // In the order of the variant.
  static constexpr std::string_view words[] = {
      "use",   "extends",    "param",  "select", "scheme",   "method", "calibrate", "transform", "default", "keep",
      "quantize", "prune",   "untie",  "dequantize", "budget", "serve", "schedule", "export",    "part",    "config",
      "block", "model",      "tie",    "copy",   "names",    "fused",  "layout",    "accept",    "require"};
  static_assert(std::size(words) == std::variant_size_v<decltype(statement.node)>);
  return words[statement.node.index()];
}

}  // namespace lcr
