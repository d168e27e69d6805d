#include "compiler/recipe/values.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/recipe/params.h"
#include "compiler/recipe/scope.h"

namespace lcr::binding {
namespace {

// Doubles hold whole numbers exactly up to here.
constexpr double largest_whole = 9007199254740992.0;

// What a value looks like, as the object of "and this is ...".
struct Described {
  std::string operator()(const syntax::Call& call) const {
    return call.called ? fmt::format("a call of `{}`", call.name.text) : fmt::format("the name `{}`", call.name.text);
  }
  std::string operator()(const syntax::List& list) const { return list.items.empty() ? "an empty list" : "a list"; }
  std::string operator()(const syntax::Optional&) const { return "a selection"; }
  std::string operator()(const syntax::Group& group) const { return describe(group.operand.front()); }
  std::string operator()(const syntax::Layers&) const { return "a selection"; }
  std::string operator()(const syntax::Where&) const { return "a selection"; }
  std::string operator()(const syntax::Operation&) const { return "a selection"; }
  std::string operator()(const syntax::Path&) const { return "a path"; }
  std::string operator()(const syntax::Regex&) const { return "a regular expression"; }
  std::string operator()(const syntax::Text&) const { return "a text"; }
  std::string operator()(const syntax::Number& number) const {
    return fmt::format("the plain number `{}`", number.text);
  }
  std::string operator()(const syntax::Quantity& quantity) const {
    std::optional<Measure> known = measure(quantity);
    std::string_view what = known ? describe(known->dimension) : "a quantity";
    return fmt::format("{}, `{}{}`", what, quantity.number, quantity.unit);
  }

  static std::string_view describe(Dimension dimension) { return lcr::describe(dimension); }
  static std::string describe(const syntax::Value& value) { return std::visit(Described{}, value.node); }
};

// Fractions of bytes, tokens and counts have no meaning.
std::optional<int64_t> whole(Binder& binder, const syntax::Value& value, double number, std::string_view place,
                             std::string_view unit) {
  if (number == std::floor(number) && std::abs(number) <= largest_whole) return int64_t(number);
  report_range(binder, value, place, fmt::format("a whole number{} up to 2^53", unit));
  return std::nullopt;
}

// The type of the params that can stand where the dimension is needed.
ValueType type_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::Bytes: return ValueType::Bytes;
    case Dimension::Bits: return ValueType::Bits;
    case Dimension::BitsPerWeight: return ValueType::BitsPerWeight;
    case Dimension::Tokens: return ValueType::Tokens;
    case Dimension::Ratio: return ValueType::Ratio;
    case Dimension::Duration: return ValueType::Duration;
  }
  return ValueType::Number;
}

// A plain number where a unit is needed, or the other way round, has an obvious way out.
void help_with_unit(Diagnostic& diagnostic, const syntax::Value& value, Dimension dimension) {
  if (auto* number = std::get_if<syntax::Number>(&value.node)) {
    // 0.05 most likely means 5%.
    if (dimension == Dimension::Ratio) {
      diagnostic.help(fmt::format("ratios are written in percent: `{}`",
                                  ratio_text(number->value <= 1 ? number->value : number->value / 100)));
      return;
    }
    std::string_view example = lcr::example(dimension);
    diagnostic.help(
        fmt::format("write `{}{}`", number->text, example.substr(example.find_first_not_of("0123456789."))));
  } else {
    diagnostic.help(fmt::format("for example `{}`", lcr::example(dimension)));
  }
}

}  // namespace

const syntax::Call* as_call(const syntax::Value& value) { return std::get_if<syntax::Call>(&value.node); }

std::string describe(const syntax::Value& value) { return Described::describe(value); }

Diagnostic& report_type(Binder& binder, const syntax::Value& value, std::string_view place, std::string_view wanted) {
  return binder.report(codes::L2030, value.span,
                       fmt::format("{} is {}, and this is {}", place, wanted, describe(value)));
}

Diagnostic& report_range(Binder& binder, const syntax::Value& value, std::string_view place, std::string_view range) {
  return binder.report(codes::L2031, value.span, fmt::format("{} is {}", place, range));
}

std::optional<double> read_measure(Binder& binder, Scope& scope, const syntax::Value& value, Dimension dimension,
                                   std::string_view place) {
  std::optional<Located> found = follow(binder, scope, value, type_of(dimension), place);
  if (!found) return std::nullopt;
  if (auto* quantity = std::get_if<syntax::Quantity>(&found->value->node)) {
    std::optional<Measure> read = measure(*quantity);
    if (read && read->dimension == dimension) return read->value;
  }
  help_with_unit(report_type(binder, *found->value, place, lcr::describe(dimension)), *found->value, dimension);
  return std::nullopt;
}

std::optional<int64_t> read_bytes(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place) {
  std::optional<double> bytes = read_measure(binder, scope, value, Dimension::Bytes, place);
  return bytes ? whole(binder, value, *bytes, place, " of bytes") : std::nullopt;
}

std::optional<int64_t> read_tokens(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place) {
  std::optional<double> tokens = read_measure(binder, scope, value, Dimension::Tokens, place);
  return tokens ? whole(binder, value, *tokens, place, " of tokens") : std::nullopt;
}

std::optional<int64_t> read_count(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place) {
  std::optional<Located> found = follow(binder, scope, value, ValueType::Count, place);
  if (!found) return std::nullopt;
  if (auto* number = std::get_if<syntax::Number>(&found->value->node))
    return whole(binder, value, number->value, place, "");
  report_type(binder, *found->value, place, "a count");
  return std::nullopt;
}

std::optional<double> read_number(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place) {
  std::optional<Located> found = follow(binder, scope, value, ValueType::Number, place);
  if (!found) return std::nullopt;
  if (auto* number = std::get_if<syntax::Number>(&found->value->node)) return number->value;
  report_type(binder, *found->value, place, "a plain number");
  return std::nullopt;
}

std::optional<syntax::Text> read_text(Binder& binder, Scope& scope, const syntax::Value& value,
                                      std::string_view place) {
  std::optional<Located> found = follow(binder, scope, value, ValueType::Text, place);
  if (!found) return std::nullopt;
  if (auto* text = std::get_if<syntax::Text>(&found->value->node)) return *text;
  report_type(binder, *found->value, place, "a text in quotes");
  return std::nullopt;
}

std::optional<std::string> read_word(Binder& binder, const syntax::Value& value, const std::vector<std::string>& words,
                                     std::string_view place) {
  const syntax::Call* call = as_call(value);
  if (!call) {
    report_type(binder, value, place, "a word").help(fmt::format("possible here: {}", alternatives(words)));
    return std::nullopt;
  }
  bool known = std::find(words.begin(), words.end(), call->name.text) != words.end();
  if (known && !call->called) return call->name.text;
  if (known) {
    binder.report(codes::L2027, value.span, fmt::format("`{}` takes no arguments", call->name.text))
        .help(fmt::format("write `{}`", call->name.text));
    return std::nullopt;
  }
  Diagnostic& diagnostic =
      binder.report(codes::L2032, call->name.span, fmt::format("{} cannot be `{}`", place, call->name.text));
  suggest(diagnostic, call->name.text, words);
  return std::nullopt;
}

std::optional<bool> read_bool(Binder& binder, const syntax::Value& value, std::string_view place) {
  std::optional<std::string> word = read_word(binder, value, {"true", "false"}, place);
  if (!word) return std::nullopt;
  return *word == "true";
}

}  // namespace lcr::binding
