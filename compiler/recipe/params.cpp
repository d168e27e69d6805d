#include "compiler/recipe/params.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/recipe/scope.h"
#include "compiler/syntax/parse.h"

namespace lcr::binding {
namespace {

struct TypeName {
  std::string_view name;
  ValueType type;
  std::string_view description;
};

constexpr TypeName types[] = {
    {"bytes", ValueType::Bytes, "a number of bytes"},
    {"bits", ValueType::Bits, "a number of bits"},
    {"bpw", ValueType::BitsPerWeight, "a number of bits per weight"},
    {"tokens", ValueType::Tokens, "a number of tokens"},
    {"ratio", ValueType::Ratio, "a ratio"},
    {"duration", ValueType::Duration, "a duration"},
    {"count", ValueType::Count, "a count"},
    {"number", ValueType::Number, "a number"},
    {"text", ValueType::Text, "a text"},
    {"source", ValueType::Source, "a source of data"},
    {"precision", ValueType::Precision, "a precision"},
    {"selection", ValueType::Selection, "a selection"},
};

// Only for declarations of params.
const syntax::Param& param_of(const Declaration& declaration) {
  return std::get<syntax::Param>(declaration.statement->node);
}

std::vector<std::string> param_names(const Scope& scope) {
  std::vector<std::string> names;
  for (const auto& [name, declaration] : scope.own) {
    if (declaration->kind == NameKind::Param) names.push_back(name);
  }
  return names;
}

// Params are never imported, so only the own ones count.
Declaration* own_param(const Scope& scope, const std::string& name) {
  auto found = scope.own.find(name);
  return found != scope.own.end() && found->second->kind == NameKind::Param ? found->second : nullptr;
}

// A count is also a plain number; nothing else converts.
bool fits(ValueType have, ValueType want) {
  return have == want || (have == ValueType::Count && want == ValueType::Number);
}

}  // namespace

std::optional<ValueType> value_type_named(std::string_view name) {
  for (const TypeName& type : types) {
    if (type.name == name) return type.type;
  }
  return std::nullopt;
}

std::vector<std::string> value_type_names() {
  std::vector<std::string> names;
  for (const TypeName& type : types) names.emplace_back(type.name);
  return names;
}

std::string_view describe(ValueType type) {
  for (const TypeName& entry : types) {
    if (entry.type == type) return entry.description;
  }
  return {};
}

std::optional<Located> follow(Binder& binder, Scope& scope, const syntax::Value& value, ValueType type,
                              std::string_view place) {
  Located at{&value, &scope};
  // A circle of params was reported by check_params(); here it must only end.
  for (int steps = 0; steps < 64; ++steps) {
    if (auto* group = std::get_if<syntax::Group>(&at.value->node)) {
      if (type == ValueType::Selection) return at;
      at.value = &group->operand.front();
      continue;
    }
    const syntax::Call* call = as_call(*at.value);
    if (!call || call->called) return at;
    Declaration* declaration = find(*at.scope, call->name.text);
    if (!declaration && type != ValueType::Precision && type != ValueType::Selection && type != ValueType::Source) {
      require(binder, *at.scope, call->name, NameKind::Param);
      return std::nullopt;
    }
    if (!declaration || declaration->kind != NameKind::Param) return at;
    if (declaration->state == Declaration::State::Broken) {
      binder.incomplete = true;
      return std::nullopt;
    }
    std::optional<ValueType> have = value_type_named(param_of(*declaration).type.text);
    if (have && !fits(*have, type)) {
      Diagnostic& diagnostic = binder.report(
          codes::L2030, call->name.span,
          fmt::format("{} is {}, and the param `{}` is {}", place, describe(type), call->name.text, describe(*have)));
      if (declaration->name.span.file == call->name.span.file)
        diagnostic.label(param_of(*declaration).type.span, "declared here");
      return std::nullopt;
    }
    if (!have || !declaration->value) return std::nullopt;
    at = {declaration->value, declaration->value_scope};
  }
  binder.incomplete = true;
  return std::nullopt;
}

void set_params(Binder& binder, Scope& scope, const std::map<std::string, std::string>& values) {
  for (const auto& [name, text] : values) {
    Declaration* declaration = own_param(scope, name);
    if (!declaration) {
      Diagnostic& diagnostic = binder.report(codes::L2040, scope.tree.header.span,
                                             fmt::format("`--set {}=...` names no param of this file", name));
      suggest(diagnostic, name, param_names(scope));
      continue;
    }
    // The value is read by the parser of the language, in a text of its own.
    const syntax::Param& param = param_of(*declaration);
    std::string line = fmt::format("language 1\npreset set\nparam {} : {} = {}", name, param.type.text, text);
    uint32_t file = binder.sources.add(fmt::format("--set {}", name), std::move(line));
    size_t before = binder.diagnostics.size();
    const syntax::File& tree = binder.literals.emplace_back(syntax::parse(binder.sources, file, binder.diagnostics));
    const syntax::Param* read =
        tree.statements.size() == 1 ? std::get_if<syntax::Param>(&tree.statements[0].node) : nullptr;
    if (read && read->value && binder.diagnostics.size() == before) {
      declaration->value = &*read->value;
      declaration->value_scope = &scope;
      continue;
    }
    declaration->state = Declaration::State::Broken;
    binder.incomplete = true;
    if (binder.diagnostics.size() == before) {
      binder.report(codes::L2030, param.name.span, fmt::format("`--set {}={}` is not one value", name, text));
    }
  }
}

void pass_arguments(Binder& binder, Scope& scope, const syntax::Extends& extends, Scope& preset) {
  std::map<std::string, Span> seen;
  for (const syntax::Argument& argument : extends.arguments) {
    const syntax::Value& value = argument.value.front();
    if (!argument.name) {
      binder.report(codes::L2027, value.span, "an argument of a preset is given without its name")
          .help(fmt::format("write `name = ...`: {}", alternatives(param_names(preset))));
      continue;
    }
    Declaration* declaration = own_param(preset, argument.name->text);
    if (!declaration) {
      Diagnostic& diagnostic =
          binder.report(codes::L2040, argument.name->span,
                        fmt::format("the preset `{}` has no param `{}`", preset.tree.header.name, argument.name->text));
      suggest(diagnostic, argument.name->text, param_names(preset));
      continue;
    }
    auto [first, fresh] = seen.try_emplace(argument.name->text, argument.name->span);
    if (!fresh) {
      binder.report(codes::L2021, argument.name->span, fmt::format("`{}` is given twice", argument.name->text))
          .label(first->second, "first here");
      continue;
    }
    declaration->value = &value;
    declaration->value_scope = &scope;
  }
}

namespace {

// Whether following bare names from this param comes back to it.
bool circular(const Declaration& start) {
  const Declaration* at = &start;
  for (int steps = 0; steps < 64; ++steps) {
    const syntax::Call* call = at->value ? as_call(*at->value) : nullptr;
    if (!call || call->called) return false;
    Declaration* next = find(*at->value_scope, call->name.text);
    if (!next || next->kind != NameKind::Param) return false;
    if (next == &start) return true;
    at = next;
  }
  return true;
}

// Whether the value has the type, as far as that shows without looking at what names stand for.
bool check_value(Binder& binder, const Declaration& param, ValueType type) {
  const syntax::Value& value = *param.value;
  Scope& scope = *param.value_scope;
  std::string place = fmt::format("`{}`", param.name.text);
  size_t before = binder.diagnostics.size();
  switch (type) {
    case ValueType::Bytes: read_bytes(binder, scope, value, place); break;
    case ValueType::Bits: read_measure(binder, scope, value, Dimension::Bits, place); break;
    case ValueType::BitsPerWeight: read_measure(binder, scope, value, Dimension::BitsPerWeight, place); break;
    case ValueType::Tokens: read_tokens(binder, scope, value, place); break;
    case ValueType::Ratio: read_measure(binder, scope, value, Dimension::Ratio, place); break;
    case ValueType::Duration: read_measure(binder, scope, value, Dimension::Duration, place); break;
    case ValueType::Count: read_count(binder, scope, value, place); break;
    case ValueType::Number: read_number(binder, scope, value, place); break;
    case ValueType::Text: read_text(binder, scope, value, place); break;
    case ValueType::Source:
    case ValueType::Precision:
    case ValueType::Selection: {
      std::optional<Located> found = follow(binder, scope, value, type, place);
      if (!found) break;
      const auto& node = found->value->node;
      bool literal = std::holds_alternative<syntax::Number>(node) || std::holds_alternative<syntax::Quantity>(node) ||
                     std::holds_alternative<syntax::Text>(node);
      if (literal) report_type(binder, *found->value, place, describe(type));
    }
  }
  return binder.diagnostics.size() == before;
}

}  // namespace

void check_params(Binder& binder, Scope& scope, std::optional<Span> missing) {
  std::vector<Declaration*> params;
  for (const auto& [name, declaration] : scope.own) {
    if (declaration->kind == NameKind::Param && declaration->state != Declaration::State::Broken)
      params.push_back(declaration);
  }
  for (Declaration* declaration : params) {
    const syntax::Param& param = param_of(*declaration);
    if (!value_type_named(param.type.text)) {
      Diagnostic& diagnostic =
          binder.report(codes::L2042, param.type.span, fmt::format("params have no type `{}`", param.type.text));
      suggest(diagnostic, param.type.text, value_type_names());
      declaration->state = Declaration::State::Broken;
    } else if (!declaration->value && param.value) {
      declaration->value = &*param.value;
      declaration->value_scope = &scope;
    } else if (!declaration->value && missing) {
      Diagnostic& diagnostic =
          binder.report(codes::L2041, *missing, fmt::format("the param `{}` has no value", param.name.text));
      if (scope.root)
        diagnostic.help(fmt::format("give it with `--set {}=...`, or write a default after its type", param.name.text));
      else
        diagnostic.help(fmt::format("write `extends {}({} = ...)`: it is {}", scope.tree.header.name, param.name.text,
                                    describe(*value_type_named(param.type.text))));
      declaration->state = Declaration::State::Broken;
    }
  }
  for (Declaration* declaration : params) {
    if (declaration->state == Declaration::State::Broken || !declaration->value) continue;
    if (circular(*declaration)) {
      binder.report(codes::L2007, declaration->name.span,
                    fmt::format("the value of `{}` needs itself", declaration->name.text));
      declaration->state = Declaration::State::Broken;
    }
  }
  for (Declaration* declaration : params) {
    if (declaration->state == Declaration::State::Broken || !declaration->value) continue;
    if (!check_value(binder, *declaration, *value_type_named(param_of(*declaration).type.text)))
      declaration->state = Declaration::State::Broken;
  }
}

}  // namespace lcr::binding
