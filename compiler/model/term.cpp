#include "compiler/model/term.h"

#include <fmt/format.h>

#include <cmath>

namespace lcr::elaboration {
namespace {

template <class... F>
struct Cases : F... {
  using F::operator()...;
};
template <class... F>
Cases(F...) -> Cases<F...>;

std::string spelled_list(const std::vector<Term>& items) {
  std::string text;
  for (const Term& item : items) text += (text.empty() ? "" : ", ") + spelled(item);
  return "[" + text + "]";
}

}  // namespace

Term list_of(std::vector<Term> items) { return {std::make_shared<const std::vector<Term>>(std::move(items))}; }

Term of_json(const Json& json, const std::string& path) {
  switch (json.kind) {
    case Json::Kind::Null: return {Nothing{}};
    case Json::Kind::Bool: return {json.truth};
    case Json::Kind::Integer: return {json.integer};
    case Json::Kind::Real: return {json.real};
    case Json::Kind::Text: return {json.text};
    case Json::Kind::Object: return {Object{&json, path + "."}};
    case Json::Kind::List: break;
  }
  std::vector<Term> items;
  items.reserve(json.items.size());
  for (const Json& item : json.items) items.push_back(of_json(item, path));
  return list_of(std::move(items));
}

std::string_view kind_of(const Term& term) {
  return std::visit(Cases{
                        [](const Missing&) { return "an absent key"; },
                        [](const Nothing&) { return "`none`"; },
                        [](const Poison&) { return "an error"; },
                        [](bool) { return "a truth value"; },
                        [](int64_t) { return "a whole number"; },
                        [](const Ratio&) { return "a fraction"; },
                        [](double) { return "a number"; },
                        [](const std::string&) { return "a text"; },
                        [](const List&) { return "a list"; },
                        [](const Table&) { return "a table"; },
                        [](const Object&) { return "an object of config.json"; },
                        [](const Flow&) { return "a value of the dataflow"; },
                        [](const NativeNumber&) { return "a rounded number"; },
                        [](const ExpertNumber&) { return "the number of an expert"; },
                        [](const PartOf&) { return "a part"; },
                        [](const Indexed&) { return "an indexed definition"; },
                        [](const Mask&) { return "a mask"; },
                        [](const RotaryTable&) { return "a rope table"; },
                    },
                    term.value);
}

std::string spelled(const Term& term) {
  if (auto* value = term.as<bool>()) return *value ? "true" : "false";
  if (auto* value = term.as<int64_t>()) return std::to_string(*value);
  if (auto* value = term.as<Ratio>()) return fmt::format("{} / {}", value->numerator, value->denominator);
  if (auto* value = term.as<double>()) return fmt::format("{}", *value);
  if (auto* value = term.as<std::string>()) return fmt::format("\"{}\"", *value);
  if (auto* value = term.as<List>()) return spelled_list(**value);
  if (term.is<Nothing>()) return "none";
  return std::string(kind_of(term));
}

bool is_number(const Term& term) { return term.is<int64_t>() || term.is<double>() || term.is<Ratio>(); }

double number_of(const Term& term) {
  if (auto* value = term.as<int64_t>()) return static_cast<double>(*value);
  if (auto* value = term.as<Ratio>())
    return static_cast<double>(value->numerator) / static_cast<double>(value->denominator);
  auto* value = term.as<double>();
  return value ? *value : 0.0;
}

std::optional<int64_t> whole_of(const Term& term) {
  if (auto* value = term.as<int64_t>()) return *value;
  auto* value = term.as<double>();
  constexpr double exact = 9007199254740992.0;
  if (!value || std::floor(*value) != *value || std::fabs(*value) > exact) return std::nullopt;
  return static_cast<int64_t>(*value);
}

bool equal(const Term& a, const Term& b) {
  if (is_number(a) && is_number(b)) return number_of(a) == number_of(b);
  if (a.value.index() != b.value.index()) return false;
  if (auto* x = a.as<bool>()) return *x == *b.as<bool>();
  if (auto* x = a.as<std::string>()) return *x == *b.as<std::string>();
  if (auto* x = a.as<Mask>()) return *x == *b.as<Mask>();
  if (auto* x = a.as<RotaryTable>()) return **x == **b.as<RotaryTable>();
  if (auto* x = a.as<List>()) {
    const auto& y = **b.as<List>();
    if ((*x)->size() != y.size()) return false;
    for (size_t i = 0; i < y.size(); ++i)
      if (!equal((**x)[i], y[i])) return false;
    return true;
  }
  return a.is<Nothing>() || a.is<Missing>();
}

}  // namespace lcr::elaboration
