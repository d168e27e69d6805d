#include "compiler/recipe/precisions.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/precision.h"
#include "compiler/recipe/fields.h"
#include "compiler/recipe/scope.h"
#include "compiler/recipe/values.h"

namespace lcr::binding {
namespace {

constexpr FieldSpec scheme_fields[] = {{"weights"}, {"input"}, {"output"}, {"container"}};

// False after a report; an absent field is fine.
bool read_side(Binder& binder, Scope& scope, const FieldMap& fields, FormatPlace place, std::optional<Format>& side) {
  auto found = fields.find(std::string(name_of(place)));
  if (found == fields.end()) return true;
  side = read_format(binder, scope, found->second->value, place);
  return side.has_value();
}

// Rules across fields are checked only on a scheme without a fault of its own.
std::optional<Precision> read_scheme(Binder& binder, Scope& scope, const syntax::Scheme& scheme) {
  size_t before = binder.diagnostics.size();
  FieldMap fields = read_fields(binder, scope, scheme.fields, scheme_fields, "a scheme", scheme.name.span);
  Precision precision;
  precision.name = scheme.name.text;
  bool fine = read_side(binder, scope, fields, FormatPlace::Weights, precision.weights);
  fine &= read_side(binder, scope, fields, FormatPlace::Input, precision.input);
  fine &= read_side(binder, scope, fields, FormatPlace::Output, precision.output);
  if (auto found = fields.find("container"); found != fields.end()) {
    std::optional<std::string> word = read_word(binder, found->second->value, {"packed", "bytes"}, "`container`");
    if (word) precision.container = *word == "packed" ? Container::Packed : Container::Bytes;
  }
  if (!fine || binder.diagnostics.size() != before) return std::nullopt;
  if (std::optional<FormatFault> fault = check(precision)) {
    auto place = fields.find(std::string(fault->field));
    Span span = place == fields.end() ? scheme.name.span : place->second->span;
    binder.report(fault->code, span, std::move(fault->message)).help(std::move(fault->help));
    return std::nullopt;
  }
  return precision;
}

// The meaning of a declared scheme, read at its first use. A wrong one was reported there and stays silent.
std::optional<Precision> bind_scheme(Binder& binder, Declaration& declaration) {
  using State = Declaration::State;
  if (declaration.state == State::Unread) {
    std::optional<Precision> precision =
        read_scheme(binder, *declaration.scope, std::get<syntax::Scheme>(declaration.statement->node));
    declaration.state = precision ? State::Read : State::Broken;
    if (precision) declaration.precision = std::move(*precision);
  }
  if (declaration.state == State::Read) return declaration.precision;
  binder.incomplete = true;
  return std::nullopt;
}

}  // namespace

std::optional<Precision> read_precision(Binder& binder, Scope& scope, const syntax::Value& value) {
  std::optional<Located> found = follow(binder, scope, value, ValueType::Precision, "the precision");
  if (!found) return std::nullopt;
  const syntax::Call* call = as_call(*found->value);
  if (call && constructor(call->name.text)) {
    binder.report(codes::L4012, found->value->span, "weights are given a bare format")
        .help(
            "declare `scheme NAME { weights = ... }` and write its name: a scheme also says what happens to the "
            "inputs");
    return std::nullopt;
  }
  if (!call || call->called) {
    report_type(binder, *found->value, "the precision", "the name of a scheme");
    return std::nullopt;
  }
  Declaration* declaration = require(binder, *found->scope, call->name, NameKind::Scheme);
  return declaration ? bind_scheme(binder, *declaration) : std::nullopt;
}

std::optional<Format> read_cache(Binder& binder, Scope& scope, const syntax::Value& value) {
  std::optional<Located> found = follow(binder, scope, value, ValueType::Precision, "the precision");
  if (!found) return std::nullopt;
  const syntax::Call* call = as_call(*found->value);
  const Declaration* declaration = call && !call->called ? find(*found->scope, call->name.text) : nullptr;
  if (declaration && declaration->kind == NameKind::Scheme) {
    binder
        .report(codes::L4013, found->value->span,
                fmt::format("attention points are given the scheme `{}`", call->name.text))
        .help("write a bare format, such as `fp8(per = tensor, dynamic = false)`");
    return std::nullopt;
  }
  return read_format(binder, *found->scope, *found->value, FormatPlace::Cache);
}

void read_schemes(Binder& binder, Scope& scope) {
  for (const syntax::Statement& statement : scope.tree.statements) {
    auto* scheme = std::get_if<syntax::Scheme>(&statement.node);
    if (!scheme) continue;
    auto found = scope.own.find(scheme->name.text);
    if (found != scope.own.end() && found->second->statement == &statement) bind_scheme(binder, *found->second);
  }
}

}  // namespace lcr::binding
