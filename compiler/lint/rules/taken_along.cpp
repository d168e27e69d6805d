#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/lint/edits.h"
#include "compiler/lint/rules.h"

// L92: parts of a model that `type(linear)` takes along and that most recipes leave as they are.
namespace lcr::lint {
namespace {

constexpr Role parts[] = {Role::Head, Role::Vision, Role::Audio, Role::Projector};

// Whether a term of the selection speaks of nothing but the part: then it is meant.
bool names_part(const LintModel& on, const Selection& selection, const UnitSet& part) {
  if (const auto* set = std::get_if<SetTerm>(&selection.term)) {
    for (const Selection& operand : set->operands)
      if (names_part(on, operand, part)) return true;
    return false;
  }
  if (const auto* named = std::get_if<NamedTerm>(&selection.term))
    return names_part(on, on.recipe.selections[named->index].selection, part);
  const bool speaks = std::holds_alternative<GlobTerm>(selection.term) ||
                      std::holds_alternative<RegexTerm>(selection.term) ||
                      std::holds_alternative<RoleTerm>(selection.term);
  if (!speaks) return false;
  UnitSet rest = on.match(selection);
  if (rest.points() || rest.empty()) return false;
  rest -= part;
  return rest.empty();
}

void report(const LintModel& on, const Rule& rule, Role role, const std::vector<uint32_t>& modules,
            Diagnostics& found) {
  const std::string name(name_of(role));
  Diagnostic& diagnostic = found.report(codes::L9210, rule.selection.span,
                                        fmt::format("this also quantizes `role({})`, which no term names", name),
                                        count_of(modules.size()));
  name_units(diagnostic, on.graph, modules);
  diagnostic.help(fmt::format("leave it out with `except role({})`, or give it a rule of its own", name));
  if (rule.selection.span.file != on.recipe.file) return;
  const bool set = std::holds_alternative<SetTerm>(rule.selection.term);
  std::vector<Edit> edits = {{after(rule.selection.span), fmt::format("{} except role({})", set ? ")" : "", name)}};
  if (set) edits.insert(edits.begin(), {before(rule.selection.span), "("});
  diagnostic.fix({fmt::format("add `except role({})`", name), Applicability::Unsafe, std::move(edits)});
}

}  // namespace

void taken_along(const LintModel& on, Diagnostics& found) {
  for (size_t r = 0; r < on.recipe.rules.size(); ++r) {
    const Rule& rule = on.recipe.rules[r];
    for (Role role : parts) {
      std::vector<uint32_t> modules;
      UnitSet part(false, on.graph.modules.size());
      bool others = false;
      for (uint32_t m = 0; m < on.graph.modules.size(); ++m) {
        const Assignment& assignment = on.typed.assignments[on.typed.of_module[m]];
        const bool here = has(on.graph.modules[m].roles, role);
        if (here) part.insert(m);
        if (assignment.kind == Assignment::Kind::Keep || assignment.rule != static_cast<int32_t>(r)) continue;
        if (here) modules.push_back(m);
        else others = true;
      }
      if (modules.empty() || !others || names_part(on, rule.selection, part)) continue;
      report(on, rule, role, modules, found);
    }
  }
}

}  // namespace lcr::lint
