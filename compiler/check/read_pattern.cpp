#include <fmt/format.h>

#include "compiler/check/pattern.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/language/format_rules.h"

namespace lcr {
namespace {

// `a | b | c` as its operands; anything else as itself.
std::vector<const syntax::Value*> alternatives(const syntax::Value& value) {
  if (const auto* group = std::get_if<syntax::Group>(&value.node)) return alternatives(group->operand[0]);
  const auto* operation = std::get_if<syntax::Operation>(&value.node);
  if (operation == nullptr) return {&value};
  std::vector<const syntax::Value*> found;
  for (const syntax::Value& operand : operation->operands)
    for (const syntax::Value* one : alternatives(operand)) found.push_back(one);
  return found;
}

bool refuse(const syntax::Value& value, Diagnostics& diagnostics, std::string message) {
  diagnostics.report(codes::L4068, value.span, std::move(message))
      .help("patterns are formats with `any`, `none`, `int`, and alternatives by `|`");
  return false;
}

std::optional<int64_t> number(const syntax::Value& value) {
  const auto* literal = std::get_if<syntax::Number>(&value.node);
  return literal == nullptr ? std::nullopt : std::optional<int64_t>(static_cast<int64_t>(literal->value));
}

bool read_area(const syntax::Value& value, FormatPattern& pattern, Diagnostics& diagnostics) {
  for (const syntax::Value* one : alternatives(value)) {
    const auto* call = std::get_if<syntax::Call>(&one->node);
    const std::optional<Per> per = call == nullptr ? std::nullopt : per_named(call->name.text);
    if (!per) return refuse(*one, diagnostics, "this is no area of a scale");
    pattern.per.push_back(*per);
    if (*per == Per::Group && call->arguments.size() == 1) pattern.group = number(call->arguments[0].value[0]);
    if (*per == Per::Block && call->arguments.size() == 2) {
      pattern.block_rows = number(call->arguments[0].value[0]);
      pattern.block_columns = number(call->arguments[1].value[0]);
    }
  }
  return true;
}

bool read_field(const syntax::Argument& argument, FormatPattern& pattern, Diagnostics& diagnostics) {
  const syntax::Value& value = argument.value[0];
  if (!argument.name) return refuse(value, diagnostics, "a format's fields are written with their names");
  const std::string& name = argument.name->text;
  if (name == "per") return read_area(value, pattern, diagnostics);
  const auto* call = std::get_if<syntax::Call>(&value.node);
  const std::string word = call == nullptr ? std::string() : call->name.text;
  if (name == "global" && word == "static") {
    pattern.global = true;
    return true;
  }
  if (name == "scale") {
    pattern.scale = word == "model" ? std::optional(ScaleType::Model) : scale_named(word);
    return pattern.scale || refuse(value, diagnostics, "this is no dtype of a scale");
  }
  if (word != "true" && word != "false")
    return refuse(value, diagnostics, fmt::format("`{}` is `true` or `false`", name));
  if (name == "symmetric") pattern.symmetric = word == "true";
  else if (name == "dynamic") pattern.dynamic = word == "true";
  else return refuse(value, diagnostics, fmt::format("formats have no field `{}`", name));
  return true;
}

bool read_format(const syntax::Value& value, FormatPattern& pattern, Diagnostics& diagnostics) {
  const auto* call = std::get_if<syntax::Call>(&value.node);
  if (call == nullptr) return refuse(value, diagnostics, "this is no pattern of a format");
  if (call->name.text == "none") pattern.none = true;
  else if (call->name.text == "any") pattern.any = true;
  else if (call->name.text == "int") pattern.element = Element::Int;
  else if (const auto draft = constructor(call->name.text)) {
    pattern.element = draft->element;
    pattern.bits = draft->bits;
  } else {
    return refuse(value, diagnostics, fmt::format("there is no format `{}`", call->name.text));
  }
  for (const syntax::Argument& argument : call->arguments)
    if (!read_field(argument, pattern, diagnostics)) return false;
  return true;
}

}  // namespace

std::optional<PlacePattern> read_place(const syntax::Value& value, Diagnostics& diagnostics) {
  PlacePattern place;
  for (const syntax::Value* one : alternatives(value)) {
    FormatPattern pattern;
    if (!read_format(*one, pattern, diagnostics)) return std::nullopt;
    place.push_back(std::move(pattern));
  }
  return place;
}

}  // namespace lcr
