#include "compiler/model/arithmetic.h"

#include <cmath>
#include <numeric>

namespace lcr::elaboration {
namespace {

std::optional<Ratio> ratio_of(const Term& term) {
  if (auto* value = term.as<int64_t>()) return Ratio{*value, 1};
  if (auto* value = term.as<Ratio>()) return *value;
  return std::nullopt;
}

// Lowest terms; whole results are integers.
std::optional<Term> reduced(__int128 numerator, __int128 denominator) {
  if (denominator == 0) return std::nullopt;
  if (denominator < 0) {
    numerator = -numerator;
    denominator = -denominator;
  }
  __int128 a = numerator < 0 ? -numerator : numerator, b = denominator;
  while (b != 0) {
    const __int128 rest = a % b;
    a = b;
    b = rest;
  }
  if (a > 1) {
    numerator /= a;
    denominator /= a;
  }
  if (numerator > INT64_MAX || numerator < -INT64_MAX || denominator > INT64_MAX) return std::nullopt;
  if (denominator == 1) return Term{static_cast<int64_t>(numerator)};
  return Term{Ratio{static_cast<int64_t>(numerator), static_cast<int64_t>(denominator)}};
}

std::optional<Term> exact(char operation, Ratio a, Ratio b) {
  const __int128 an = a.numerator, ad = a.denominator, bn = b.numerator, bd = b.denominator;
  switch (operation) {
    case '+': return reduced(an * bd + bn * ad, ad * bd);
    case '-': return reduced(an * bd - bn * ad, ad * bd);
    case '*': return reduced(an * bn, ad * bd);
    case '/': return reduced(an * bd, ad * bn);
    default: break;
  }
  if (ad != 1 || bd != 1 || bn == 0) return std::nullopt;
  // The sign of the divisor, so that an index stays in range.
  return reduced(((an % bn) + bn) % bn, 1);
}

std::optional<Term> inexact(char operation, double a, double b) {
  switch (operation) {
    case '+': return Term{a + b};
    case '-': return Term{a - b};
    case '*': return Term{a * b};
    case '/': return b == 0 ? std::nullopt : std::optional(Term{a / b});
    default: return std::nullopt;
  }
}

std::optional<bool> contains(const Term& item, const Term& list) {
  if (auto* text = list.as<std::string>()) {
    auto* part = item.as<std::string>();
    if (!part) return std::nullopt;
    return text->find(*part) != std::string::npos;
  }
  auto* items = list.as<List>();
  if (!items) return std::nullopt;
  for (const Term& each : **items)
    if (equal(each, item)) return true;
  return false;
}

}  // namespace

std::optional<Term> calculate(std::string_view operation, const Term& a, const Term& b) {
  const char symbol = operation.front();
  if (auto *x = a.as<List>(), *y = b.as<List>(); x && y && symbol == '+') {
    std::vector<Term> items(**x);
    items.insert(items.end(), (*y)->begin(), (*y)->end());
    return list_of(std::move(items));
  }
  if (!is_number(a) || !is_number(b)) return std::nullopt;
  auto x = ratio_of(a), y = ratio_of(b);
  return x && y ? exact(symbol, *x, *y) : inexact(symbol, number_of(a), number_of(b));
}

std::optional<bool> compare(std::string_view comparator, const Term& a, const Term& b) {
  if (comparator == "==") return equal(a, b);
  if (comparator == "!=") return !equal(a, b);
  if (comparator == "in") return contains(a, b);
  if (comparator == "not in") {
    auto inside = contains(a, b);
    return inside ? std::optional(!*inside) : std::nullopt;
  }
  if (!is_number(a) || !is_number(b)) return std::nullopt;
  const double x = number_of(a), y = number_of(b);
  if (comparator == "<") return x < y;
  if (comparator == "<=") return x <= y;
  if (comparator == ">") return x > y;
  return x >= y;
}

}  // namespace lcr::elaboration
