#include <cmath>

#include <fmt/format.h>

#include "backend/chat/interpreter.h"
#include "backend/chat/limits.h"
#include "backend/chat/text.h"
#include "backend/chat/write.h"

namespace lcr::chat {
namespace {

// Rounds towards minus infinity, as Python does; `right` is not 0.
int64_t floor_divide(int64_t left, int64_t right) {
  int64_t quotient = left / right;
  return left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient;
}

// False when the result has more than 64 bits.
bool whole_numbers(char sign, int64_t left, int64_t right, int64_t& result) {
  switch (sign) {
    case '+': return !__builtin_add_overflow(left, right, &result);
    case '-': return !__builtin_sub_overflow(left, right, &result);
    case '*': return !__builtin_mul_overflow(left, right, &result);
    default: break;
  }
  if (right == -1) return sign == '%' ? (result = 0, true) : !__builtin_sub_overflow(int64_t{0}, left, &result);
  int64_t quotient = floor_divide(left, right);
  result = sign == '/' ? quotient : left - quotient * right;
  return true;
}

bool whole_power(int64_t base, int64_t exponent, int64_t& result) {
  result = 1;
  if (base == 0 || base == 1) return result = exponent == 0 ? 1 : base, true;
  for (int64_t i = 0; i < exponent; ++i) {
    if (i > 64 && base != -1) return false;
    if (__builtin_mul_overflow(result, base, &result)) return false;
    if (base == -1) return result = exponent % 2 == 0 ? 1 : -1, true;
  }
  return true;
}

}  // namespace

std::string Interpreter::write(const Value& value) {
  std::string text, problem;
  if (!failed_ && !write_text(value, text, problem)) fail(std::move(problem));
  return charge(0, static_cast<int64_t>(text.size())) ? text : std::string();
}

// `sign`: + - * / // % **
Value Interpreter::arithmetic(std::string_view sign, const Value& left, const Value& right) {
  if (failed_) return {};
  auto wrong = [&] { return fail(fmt::format("`{}` does not work on {} and {}", sign, left.type_name(), right.type_name())); };
  int64_t a = 0, b = 0;
  const int64_t* first = left.as_integer(a);
  const int64_t* second = right.as_integer(b);
  if (left.is_number() && right.is_number()) {
    bool divides = sign == "/" || sign == "//" || sign == "%";
    if (divides && right.as_double() == 0) return fail("a number is divided by 0");
    if (first && second && sign != "/" && !(sign == "**" && *second < 0)) {
      int64_t result = 0;
      bool fits = sign == "**" ? whole_power(*first, *second, result) : whole_numbers(sign[0], *first, *second, result);
      return fits ? Value(result) : fail("a whole number is too large");
    }
    double x = left.as_double(), y = right.as_double();
    if (sign == "+") return Value(x + y);
    if (sign == "-") return Value(x - y);
    if (sign == "*") return Value(x * y);
    if (sign == "/") return Value(x / y);
    if (sign == "**") return Value(std::pow(x, y));
    double rest = std::fmod(x, y);
    if (rest != 0 && (rest < 0) != (y < 0)) rest += y;
    return Value(sign == "%" ? rest : std::floor((x - rest) / y + 0.5));
  }
  const Text* text = left.as_text();
  const Sequence* list = left.as_sequence();
  if (sign == "+") {
    const Text* more = right.as_text();
    if (text && more && text->safe != more->safe) return fail("a text out of the filter `safe` cannot be joined with another here");
    if (text && more) return make_text(text->bytes + more->bytes, text->safe);
    const Sequence* others = right.as_sequence();
    if (!list || !others || list->tuple != others->tuple) return wrong();
    std::vector<Value> items = list->items;
    items.insert(items.end(), others->items.begin(), others->items.end());
    return make_list(std::move(items), list->tuple);
  }
  if (sign == "*" && first && !second) return arithmetic(sign, right, left);
  if (sign == "*" && second && (text || list)) {
    int64_t times = std::max<int64_t>(0, *second);
    int64_t size = text ? static_cast<int64_t>(text->bytes.size()) : static_cast<int64_t>(list->items.size());
    // Before anything is made: the product itself may be too large.
    if (size > 0 && times > kMostBytes / size) return fail(fmt::format("{} times is too often", times));
    std::string bytes;
    std::vector<Value> items;
    if (!charge(text ? 0 : size * times, text ? size * times : 0)) return {};
    for (int64_t i = 0; i < times && size > 0; ++i) {
      if (text) bytes += text->bytes;
      else items.insert(items.end(), list->items.begin(), list->items.end());
    }
    return text ? Value::text(std::move(bytes), text->safe) : Value::list(std::move(items), list->tuple);
  }
  if (sign == "%" && text) {
    Arguments given;
    const Sequence* several = right.as_sequence();
    given.values = several && several->tuple ? several->items : std::vector<Value>{right};
    return apply_filter("format", left, given);
  }
  return wrong();
}

}  // namespace lcr::chat
