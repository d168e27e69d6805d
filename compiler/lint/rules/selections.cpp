#include <functional>

#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/lint/edits.h"
#include "compiler/lint/rules.h"
#include "compiler/select/evaluate.h"

// L91 with a model: what patterns match, and what they would match.
namespace lcr::lint {
namespace {

// Every term of the recipe's own text; `optional` when a group around it is.
void each_leaf(const Selection& selection, uint32_t file, bool optional,
               const std::function<void(const Selection&, bool)>& visit) {
  optional = optional || selection.optional;
  if (const auto* set = std::get_if<SetTerm>(&selection.term)) {
    for (const Selection& operand : set->operands) each_leaf(operand, file, optional, visit);
  } else if (selection.span.file == file) {
    visit(selection, optional);
  }
}

void each_leaf(const LintModel& on, const std::function<void(const Selection&, bool)>& visit) {
  for (const NamedSelection& named : on.recipe.selections) each_leaf(named.selection, on.recipe.file, false, visit);
  for (const Rule& rule : on.recipe.rules) each_leaf(rule.selection, on.recipe.file, false, visit);
}

// The role whose modules are exactly those of a set; empty when there is none.
std::string role_of(const UnitSet& set, const ModelGraph& graph) {
  std::vector<std::pair<std::string, Role>> left;
  for (const std::string& name : role_names()) left.emplace_back(name, *role_named(name));
  for (size_t i = 0; i < graph.modules.size() && !left.empty(); ++i)
    std::erase_if(left, [&](const auto& role) { return has(graph.modules[i].roles, role.second) != set.contains(i); });
  return left.empty() ? std::string() : left[0].first;
}

}  // namespace

void optional_near_miss(const LintModel& on, Diagnostics& found) {
  each_leaf(on, [&](const Selection& leaf, bool optional) {
    const auto* glob = std::get_if<GlobTerm>(&leaf.term);
    if (!optional || glob == nullptr || !Glob::problem(glob->pattern).empty() || !on.match(leaf).empty()) return;
    const std::vector<std::string_view> names = names_of(on.graph, false);
    Diagnostic probe;
    explain_empty(probe, Glob(glob->pattern), on.names.of(false), names);
    std::string suggestion;
    for (const auto& [key, value] : probe.data)
      if (key == "suggestion") suggestion = std::get<std::string>(value);
    if (suggestion.empty()) return;
    // The span of an optional term holds the word.
    const std::string_view text = on.sources.text(leaf.span);
    const auto quote = static_cast<uint32_t>(text.find('`'));
    Diagnostic& diagnostic = found.report(
        codes::L9105, leaf.span, fmt::format("`{}` matches nothing here, and `{}` exists", glob->pattern, suggestion),
        "excused by `optional`");
    diagnostic.help(
        fmt::format("did you mean `{}`? if both are meant for different checkpoints, name both", suggestion));
    if (text.find('`') != std::string_view::npos && text.ends_with('`'))
      diagnostic.fix({fmt::format("write `{}`", suggestion),
                      Applicability::Unsafe,
                      {{{leaf.span.file, leaf.span.begin + quote, leaf.span.end}, "`" + suggestion + "`"}}});
  });
}

void name_instead_of_role(const LintModel& on, Diagnostics& found) {
  each_leaf(on, [&](const Selection& leaf, bool) {
    const bool pattern = std::holds_alternative<GlobTerm>(leaf.term) || std::holds_alternative<RegexTerm>(leaf.term);
    if (!pattern) return;
    const UnitSet set = on.match(leaf);
    if (set.points() || set.empty()) return;
    const std::string name = role_of(set, on.graph);
    if (name.empty()) return;
    Diagnostic& diagnostic = found.report(codes::L9106, leaf.span, fmt::format("these are the modules of `role({})`", name),
                                          count_of(set.count()));
    diagnostic.help("roles mean the same in every model and in every version of its names");
    const std::string_view text = on.sources.text(leaf.span);
    const bool bare = text.starts_with('`') || text.starts_with("re");
    if (bare)
      diagnostic.fix({fmt::format("write `role({})`", name),
                      Applicability::Unsafe,
                      {{leaf.span, fmt::format("role({})", name)}}});
  });
}

void regex_without_expect(const LintModel& on, Diagnostics& found) {
  for (const NamedSelection& named : on.recipe.selections) {
    if (named.expect || named.imported || named.name.empty() || named.selection.span.file != on.recipe.file) continue;
    bool regex = false;
    each_leaf(named.selection, on.recipe.file, false,
              [&](const Selection& leaf, bool) { regex = regex || std::holds_alternative<RegexTerm>(leaf.term); });
    if (!regex) continue;
    const size_t count = on.match(named.selection).count();
    found
        .report(codes::L9107, named.selection.span,
                fmt::format("nothing says how many modules `{}` should find", named.name),
                fmt::format("{} here", count))
        .with("count", static_cast<int64_t>(count))
        .help(fmt::format("`expect {}` makes it an error when a pattern finds more or fewer", count))
        .fix({fmt::format("add `expect {}`", count),
              Applicability::Unsafe,
              {{after(named.selection.span), fmt::format(" expect {}", count)}}});
  }
  for (const Rule& rule : on.recipe.rules) {
    if (rule.span.file != on.recipe.file) continue;
    each_leaf(rule.selection, on.recipe.file, false, [&](const Selection& leaf, bool) {
      if (!std::holds_alternative<RegexTerm>(leaf.term)) return;
      found
          .report(codes::L9107, leaf.span, "nothing says how many modules this expression should find",
                  fmt::format("{} here", on.match(leaf).count()))
          .help("name it and pin the number: `select NAME = … expect N`");
    });
  }
}

}  // namespace lcr::lint
