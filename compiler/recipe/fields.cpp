#include "compiler/recipe/fields.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"

namespace lcr::binding {
namespace {

template <typename Spec>
std::vector<std::string> names_of(std::span<const Spec> specs) {
  std::vector<std::string> names;
  for (const Spec& spec : specs) names.emplace_back(spec.name);
  return names;
}

template <typename Spec>
const Spec* find_spec(std::span<const Spec> specs, const std::string& name) {
  for (const Spec& spec : specs) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

// The relation and `over` of one known field. The value is looked at by whoever reads the block.
void check_field(Binder& binder, const syntax::Field& field, const FieldSpec& spec) {
  if (field.relation != spec.relation) {
    binder
        .report(codes::L2023, field.name.span,
                fmt::format("`{}` is written with `{}`", field.name.text, field.relation))
        .help(fmt::format("write `{} {} ...`", field.name.text, spec.relation));
  }
  if (spec.over == FieldSpec::Over::No && field.over) {
    binder.report(codes::L2024, field.over->span, fmt::format("`{}` is not measured over a selection", field.name.text))
        .help("leave `over` out");
  }
  if (spec.over == FieldSpec::Over::Must && !field.over) {
    binder.report(codes::L2024, field.span, fmt::format("`{}` does not say which modules it counts", field.name.text))
        .help(fmt::format("write `{} {} ... over type(linear)`", field.name.text, spec.relation));
  }
}

}  // namespace

FieldMap read_fields(Binder& binder, const Scope& scope, const syntax::Fields& fields, std::span<const FieldSpec> specs,
                     std::string_view block, Span head) {
  FieldMap found;
  for (const syntax::Field& field : fields.fields) {
    const FieldSpec* spec = find_spec(specs, field.name.text);
    if (!spec) {
      Diagnostic& diagnostic =
          binder.report(codes::L2020, field.name.span, fmt::format("{} has no field `{}`", block, field.name.text));
      suggest(diagnostic, field.name.text, names_of(specs));
      continue;
    }
    auto [first, fresh] = found.try_emplace(field.name.text, &field);
    if (!fresh) {
      binder.report(codes::L2021, field.name.span, fmt::format("`{}` is said twice", field.name.text))
          .label(first->second->name.span, "first here");
      continue;
    }
    check_field(binder, field, *spec);
  }
  if (scope.incomplete) return found;
  for (const FieldSpec& spec : specs) {
    if (!spec.required || found.count(std::string(spec.name))) continue;
    binder.report(codes::L2022, head, fmt::format("{} says no `{}`", block, spec.name))
        .help(fmt::format("write `{} {} ...`", spec.name, spec.relation));
  }
  return found;
}

ArgumentMap read_arguments(Binder& binder, const syntax::Call& call, std::span<const ArgumentSpec> specs) {
  ArgumentMap found;
  size_t before = binder.diagnostics.size();
  size_t position = 0;
  for (const syntax::Argument& argument : call.arguments) {
    const syntax::Value& value = argument.value.front();
    std::string name;
    if (!argument.name) {
      bool open = position < specs.size() && specs[position].positional;
      if (!open) {
        Diagnostic& diagnostic =
            binder.report(codes::L2027, value.span, fmt::format("`{}` has no unnamed argument here", call.name.text));
        if (!specs.empty()) diagnostic.help(fmt::format("write `name = ...`: {}", alternatives(names_of(specs))));
        continue;
      }
      name = specs[position++].name;
    } else {
      name = argument.name->text;
      const ArgumentSpec* spec = find_spec(specs, name);
      if (!spec || spec->positional) {
        Diagnostic& diagnostic = binder.report(codes::L2025, argument.name->span,
                                               fmt::format("`{}` has no argument named `{}`", call.name.text, name));
        if (spec)
          diagnostic.help(fmt::format("it stands first, without its name: `{}(...)`", call.name.text));
        else
          suggest(diagnostic, name, names_of(specs));
        continue;
      }
    }
    if (!found.try_emplace(name, &value).second) {
      binder.report(codes::L2021, value.span, fmt::format("`{}` is given twice", name))
          .label(found[name]->span, "first here");
    }
  }
  // A wrong argument is most likely the one that is missing.
  if (binder.diagnostics.size() != before) return found;
  for (const ArgumentSpec& spec : specs) {
    if (!spec.required || found.count(std::string(spec.name))) continue;
    binder.report(codes::L2026, call.name.span, fmt::format("`{}` lacks `{}`", call.name.text, spec.name))
        .help(spec.positional ? fmt::format("write `{}(...)`", call.name.text)
                              : fmt::format("write `{}({} = ...)`", call.name.text, spec.name));
  }
  return found;
}

}  // namespace lcr::binding
