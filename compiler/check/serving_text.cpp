#include "compiler/check/serving_text.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/precision.h"
#include "compiler/language/format_rules.h"
#include "compiler/language/kinds.h"
#include "compiler/syntax/parse.h"
#include "stdlib/stdlib.h"

namespace lcr {
namespace {

bool refuse(Diagnostics& diagnostics, Span span, std::string message) {
  diagnostics.report(codes::L4068, span, std::move(message))
      .help("the fields are weights, input, output, cache, container and capability");
  return false;
}

bool read_containers(const syntax::Value& value, PrecisionPattern& pattern) {
  if (const auto* operation = std::get_if<syntax::Operation>(&value.node))
    return std::all_of(operation->operands.begin(), operation->operands.end(),
                       [&](const syntax::Value& operand) { return read_containers(operand, pattern); });
  const auto* call = std::get_if<syntax::Call>(&value.node);
  if (call == nullptr) return false;
  for (Container one : {Container::None, Container::Packed, Container::Bytes}) {
    if (call->name.text != (one == Container::None ? "none" : name_of(one))) continue;
    pattern.container.push_back(one);
    return true;
  }
  return false;
}

bool read_fields(const syntax::Fields& fields, PrecisionPattern& pattern, std::optional<CapabilityBound>* capability,
                 Diagnostics& diagnostics) {
  for (const syntax::Field& field : fields.fields) {
    const std::string& name = field.name.text;
    if (name == "capability" && capability != nullptr) {
      const auto* number = std::get_if<syntax::Number>(&field.value.node);
      if (number == nullptr) return refuse(diagnostics, field.span, "`capability` is a number such as 8.9");
      *capability = CapabilityBound{field.relation != "<=", field.relation != ">=", number->value};
      continue;
    }
    if (name == "container") {
      if (!read_containers(field.value, pattern))
        return refuse(diagnostics, field.span, "`container` is none, packed or bytes");
      continue;
    }
    std::optional<PlacePattern>* place = name == "weights"  ? &pattern.weights
                                         : name == "input"  ? &pattern.input
                                         : name == "output" ? &pattern.output
                                         : name == "cache"  ? &pattern.cache
                                                            : nullptr;
    if (place == nullptr) return refuse(diagnostics, field.name.span, fmt::format("there is no field `{}` here", name));
    *place = read_place(field.value, diagnostics);
    if (!*place) return false;
  }
  return true;
}

bool read_condition(const syntax::Require& require, RequireRule& rule) {
  if (const auto* comparison = std::get_if<syntax::Comparison>(&require.condition)) {
    rule.comparison = *comparison;
    return true;
  }
  const auto& call = std::get<syntax::Call>(require.condition);
  if (call.name.text == "quantized" && call.arguments.empty()) {
    rule.kind = RequireRule::Kind::Quantized;
    return true;
  }
  const auto* what = call.arguments.size() == 1 ? std::get_if<syntax::Call>(&call.arguments[0].value[0].node) : nullptr;
  if (what == nullptr) return false;
  if (call.name.text == "same" && what->name.text == "kept") rule.kind = RequireRule::Kind::SameKept;
  else if (call.name.text == "same" && what->name.text == "precision") rule.kind = RequireRule::Kind::SamePrecision;
  else if (call.name.text == "same" && what->name.text == "rotation") rule.kind = RequireRule::Kind::SameRotation;
  else if (call.name.text == "rotation" && what->name.text == "none") rule.kind = RequireRule::Kind::Unrotated;
  else if (call.name.text == "rotation" && what->name.text == "unbiased") rule.kind = RequireRule::Kind::RotatedPlain;
  else if (call.name.text == "rotation" && what->name.text == "one_rank") rule.kind = RequireRule::Kind::RotatedWhole;
  else if (call.name.text == "alike" && what->name.text == "precision") rule.kind = RequireRule::Kind::AlikePrecision;
  else return false;
  return true;
}

bool call_selects(const syntax::Call& call, const UnitTraits& unit) {
  if (call.arguments.empty()) return false;
  const syntax::Value* argument = &call.arguments[0].value[0];
  std::vector<std::string> words;
  if (const auto* word = std::get_if<syntax::Call>(&argument->node)) words.push_back(word->name.text);
  const auto any = [&](auto&& is) { return std::any_of(words.begin(), words.end(), is); };
  if (call.name.text == "type") return any([&](const std::string& w) { return w == unit.type; });
  if (call.name.text == "architecture") return any([&](const std::string& w) { return w == unit.architecture; });
  if (call.name.text == "role")
    return any([&](const std::string& w) {
      const auto role = role_named(w);
      return role && has(unit.roles, *role);
    });
  if (call.name.text == "fused")
    return any([&](const std::string& w) {
      return w == "any" ? !unit.fused.empty() : std::find(unit.fused.begin(), unit.fused.end(), w) != unit.fused.end();
    });
  return false;
}

// What call_selects() understands; whatever else stands there would select nothing, unnoticed.
bool check_word(const syntax::Call& call, Span span, Diagnostics& diagnostics) {
  const auto* word = call.arguments.size() == 1 ? std::get_if<syntax::Call>(&call.arguments[0].value[0].node) : nullptr;
  const std::string& term = call.name.text;
  const auto holds = [&](const std::vector<std::string>& words) {
    return std::find(words.begin(), words.end(), word->name.text) != words.end();
  };
  if (word != nullptr && (term == "architecture" || term == "fused")) return true;
  if (word != nullptr && term == "type" && (holds(weight_kinds()) || holds(point_kinds()))) return true;
  if (word != nullptr && term == "role" && holds(role_words())) return true;
  diagnostics.report(codes::L4068, span, "this selects nothing that a server can ask for")
      .help("the terms are `type(…)`, `role(…)`, `fused(…)` and `architecture(…)`, each of one word");
  return false;
}

bool check_selection(const syntax::Value& value, Diagnostics& diagnostics) {
  if (const auto* group = std::get_if<syntax::Group>(&value.node))
    return check_selection(group->operand[0], diagnostics);
  if (const auto* optional = std::get_if<syntax::Optional>(&value.node))
    return check_selection(optional->operand[0], diagnostics);
  if (const auto* operation = std::get_if<syntax::Operation>(&value.node)) {
    bool good = true;
    for (const syntax::Value& operand : operation->operands) good = check_selection(operand, diagnostics) && good;
    return good;
  }
  const auto* call = std::get_if<syntax::Call>(&value.node);
  if (call != nullptr) return check_word(*call, value.span, diagnostics);
  return check_word(syntax::Call{}, value.span, diagnostics);
}

using NamedSize = std::pair<std::string_view, int64_t UnitSizes::*>;
constexpr NamedSize named_sizes[] = {{"in", &UnitSizes::in},
                                     {"out", &UnitSizes::out},
                                     {"group", &UnitSizes::group},
                                     {"block_rows", &UnitSizes::block_rows},
                                     {"block_columns", &UnitSizes::block_columns},
                                     {"bits", &UnitSizes::bits}};

bool check_sizes(const syntax::Arithmetic& expression, Diagnostics& diagnostics) {
  bool good = true;
  for (const syntax::Arithmetic& operand : expression.operands) good = check_sizes(operand, diagnostics) && good;
  if (expression.kind != syntax::Arithmetic::Kind::Name) return good;
  if (std::any_of(std::begin(named_sizes), std::end(named_sizes),
                  [&](const NamedSize& size) { return size.first == expression.text; }))
    return good;
  diagnostics.report(codes::L4068, expression.span, fmt::format("`{}` is no size of a module", expression.text))
      .help("sizes are in, out, group, block_rows, block_columns and bits");
  return false;
}

double value_of(const syntax::Arithmetic& expression, const UnitSizes& sizes) {
  using Kind = syntax::Arithmetic::Kind;
  if (expression.kind == Kind::Number) return expression.number;
  if (expression.kind == Kind::Name) {
    for (const auto& [name, size] : named_sizes)
      if (name == expression.text) return static_cast<double>(sizes.*size);
    return std::nan("");
  }
  const double left = value_of(expression.operands[0], sizes), right = value_of(expression.operands[1], sizes);
  switch (expression.text[0]) {
    case '+': return left + right;
    case '-': return left - right;
    case '*': return left * right;
    case '/': return left / right;
    default: return std::fmod(left, right);
  }
}

}  // namespace

std::vector<std::string> known_servers() {
  std::vector<std::string> names;
  for (std::string_view name : stdlib::names_below("serving")) names.emplace_back(name);
  return names;
}

namespace {

std::optional<ServingText> read_rules(const syntax::File& file, const std::string& server, Diagnostics& found) {
  ServingText result{server, file.header.since, {}, {}};
  bool good = true;
  for (const syntax::Statement& statement : file.statements) {
    if (const auto* accept = std::get_if<syntax::Accept>(&statement.node)) {
      AcceptRule rule{accept->name.text, accept->selection, {}, {}};
      good = check_selection(accept->selection, found) && good;
      good = read_fields(accept->fields, rule.pattern, &rule.capability, found) && good;
      result.accepts.push_back(std::move(rule));
    } else if (const auto* require = std::get_if<syntax::Require>(&statement.node)) {
      RequireRule rule;
      rule.selection = require->selection;
      rule.message = require->message.text;
      rule.when.complete = false;
      good = check_selection(require->selection, found) && good;
      if (!read_condition(*require, rule))
        good = refuse(found, statement.span, "a condition is a comparison, `same(…)`, `alike(…)`, `rotation(…)` or `quantized`");
      if (rule.comparison)
        for (const syntax::Arithmetic& side : rule.comparison->sides) good = check_sizes(side, found) && good;
      if (require->when) good = read_fields(*require->when, rule.when, nullptr, found) && good;
      result.requires_.push_back(std::move(rule));
    }
  }
  return good ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace

std::optional<ServingText> read_serving(const std::string& server, Sources& sources, Diagnostics& diagnostics) {
  const std::string module = "std.serving." + server;
  const auto text = stdlib::find(module);
  if (!text) return std::nullopt;
  const uint32_t id = sources.add(module, std::string(*text));
  Diagnostics found;
  const syntax::File file = syntax::parse(sources, id, found);
  const bool parsed = !found.has_errors();
  auto result = read_rules(file, server, found);
  diagnostics.append(std::move(found));
  return parsed ? std::move(result) : std::nullopt;
}

void check_serving_file(const syntax::File& file, Diagnostics& diagnostics) {
  if (file.header.kind == syntax::FileKind::Serving) read_rules(file, file.header.name, diagnostics);
}

bool selects(const syntax::Value& selection, const UnitTraits& unit) {
  if (const auto* group = std::get_if<syntax::Group>(&selection.node)) return selects(group->operand[0], unit);
  if (const auto* optional = std::get_if<syntax::Optional>(&selection.node)) return selects(optional->operand[0], unit);
  if (const auto* call = std::get_if<syntax::Call>(&selection.node)) return call_selects(*call, unit);
  const auto* operation = std::get_if<syntax::Operation>(&selection.node);
  if (operation == nullptr) return false;
  bool result = selects(operation->operands[0], unit);
  for (size_t i = 0; i < operation->operators.size(); ++i) {
    const bool next = selects(operation->operands[i + 1], unit);
    const std::string& with = operation->operators[i].text;
    result = with == "|" ? result || next : with == "&" ? result && next : result && !next;
  }
  return result;
}

bool holds(const syntax::Comparison& comparison, const UnitSizes& sizes) {
  const double left = value_of(comparison.sides[0], sizes), right = value_of(comparison.sides[1], sizes);
  const std::string& with = comparison.comparator;
  if (with == "==") return left == right;
  if (with == "!=") return left != right;
  if (with == "<") return left < right;
  if (with == "<=") return left <= right;
  if (with == ">") return left > right;
  return left >= right;
}

}  // namespace lcr
