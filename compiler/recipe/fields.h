#pragma once

#include <map>
#include <span>
#include <string>

#include "compiler/recipe/binder.h"

namespace lcr::binding {

// What a block may say.
struct FieldSpec {
  std::string_view name;
  std::string_view relation = "=";  // "=", "<=" or ">="
  bool required = false;
  // Whether `over SELECTION` follows the value.
  enum class Over { No, Must } over = Over::No;
};

using FieldMap = std::map<std::string, const syntax::Field*>;

// The fields of a block by name. Reports unknown, repeated and missing ones (missing at `head`), wrong relations and a
// wrong `over`; a field with a wrong relation is given all the same.
FieldMap read_fields(Binder& binder, const Scope& scope, const syntax::Fields& fields, std::span<const FieldSpec> specs,
                     std::string_view block, Span head);

// What a call may take. Positional arguments come first and are never named.
struct ArgumentSpec {
  std::string_view name;
  bool required = false;
  bool positional = false;
};

using ArgumentMap = std::map<std::string, const syntax::Value*>;

ArgumentMap read_arguments(Binder& binder, const syntax::Call& call, std::span<const ArgumentSpec> specs);

}  // namespace lcr::binding
