#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/model/graph.h"
#include "compiler/model/json.h"
#include "compiler/syntax/tree.h"

// What expressions of an architecture text stand for while it is elaborated.
namespace lcr::elaboration {

struct Scope;
struct Term;

// An absent key of config.json: `or` and `default` replace it.
struct Missing {
  std::string key;
};
// `none`, and null of config.json.
struct Nothing {};
// What an expression with a reported error gives; operations pass it on in silence.
struct Poison {};
// A quotient of two integers that is not whole: exact, so that a dimension can be checked. Lowest terms.
struct Ratio {
  int64_t numerator = 0, denominator = 1;
};
// A value of the dataflow, in the template that is numbered so.
struct Flow {
  uint32_t maker = 0;
  ValueId id = none_id;
};
// `native(c)`: a number that is rounded to the model's dtype first.
struct NativeNumber {
  double value = 0;
};
// The variable of a dispatch: it may stand only in paths, so that one expert stands for all.
struct ExpertNumber {};
struct PartOf {
  const Scope* scope = nullptr;
};
// `kind` of `kind[i] = …`
struct Indexed {
  const Scope* scope = nullptr;
  const syntax::Setting* setting = nullptr;
};
// An object of config.json; `path` spells the way to it with a dot behind.
struct Object {
  const Json* json = nullptr;
  std::string path;
};
using List = std::shared_ptr<const std::vector<Term>>;
// `seen[i] = x`
using Table = std::shared_ptr<std::map<int64_t, Term>>;
using RotaryTable = std::shared_ptr<const Rotary>;

struct Term {
  std::variant<Missing, Nothing, Poison, bool, int64_t, Ratio, double, std::string, List, Table, Object, Flow,
               NativeNumber, ExpertNumber, PartOf, Indexed, Mask, RotaryTable>
      value;

  template <class T>
  bool is() const {
    return std::holds_alternative<T>(value);
  }
  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
};

Term list_of(std::vector<Term> items);
Term of_json(const Json& json, const std::string& path);

// "a number", "a value of the dataflow": for messages.
std::string_view kind_of(const Term& term);
// A short spelling for messages: `256`, `"silu"`, `[1, 2]`.
std::string spelled(const Term& term);

bool is_number(const Term& term);
// Integers, ratios and reals as a double.
double number_of(const Term& term);
// A whole number, also when it was written as a real.
std::optional<int64_t> whole_of(const Term& term);

bool equal(const Term& a, const Term& b);

}  // namespace lcr::elaboration
