#include "compiler/server/matches.h"

#include <map>
#include <tuple>

#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/check/rule_words.h"
#include "compiler/check/sizes.h"
#include "compiler/select/evaluate.h"

namespace lcr::server {
namespace {

// Calls `visit` with every selection that the document itself writes, outer ones first.
template <typename Visit>
void each_selection(const Selection& selection, const Visit& visit) {
  visit(selection);
  if (const auto* set = std::get_if<SetTerm>(&selection.term))
    for (const Selection& operand : set->operands) each_selection(operand, visit);
}

template <typename Visit>
void each_selection(const Recipe& recipe, const Visit& visit) {
  for (const NamedSelection& named : recipe.selections) each_selection(named.selection, visit);
  for (const Rule& rule : recipe.rules) each_selection(rule.selection, visit);
  for (const TransformStatement& transform : recipe.transforms)
    if (transform.on) each_selection(*transform.on, visit);
  for (const Marked& marked : recipe.dequantize) each_selection(marked.selection, visit);
  for (const Marked& marked : recipe.untie) each_selection(marked.selection, visit);
  if (!recipe.budget) return;
  for (const BudgetLimit& limit : recipe.budget->limits)
    if (limit.over) each_selection(*limit.over, visit);
  for (const Selection& together : recipe.budget->together) each_selection(together, visit);
}

std::string number_words(int64_t number) {
  const double value = static_cast<double>(number);
  if (number >= 1'000'000'000) return fmt::format("{:.3g} billion", value / 1e9);
  if (number >= 1'000'000) return fmt::format("{:.3g} million", value / 1e6);
  if (number >= 10'000) return fmt::format("{:.3g} thousand", value / 1e3);
  return fmt::format("{}", number);
}

}  // namespace

const Selection* selection_at(const Analysis& analysis, uint32_t offset) {
  const Selection* best = nullptr;
  if (!analysis.recipe) return best;
  each_selection(*analysis.recipe, [&](const Selection& one) {
    const Span span = one.span;
    if (span.file != analysis.file || offset < span.begin || offset > span.end) return;
    if (best == nullptr || span.end - span.begin <= best->span.end - best->span.begin) best = &one;
  });
  return best;
}

const Selection* selection_of(const Analysis& analysis, Span value) {
  const Selection* found = nullptr;
  if (!analysis.recipe) return found;
  each_selection(*analysis.recipe, [&](const Selection& one) {
    const bool same = one.span.file == analysis.file && one.span.begin == value.begin && one.span.end == value.end;
    if (same && found == nullptr) found = &one;
  });
  return found;
}

const syntax::Value* selection_value(const syntax::Statement& statement) {
  const auto& node = statement.node;
  if (const auto* select = std::get_if<syntax::Select>(&node)) return &select->value;
  if (const auto* keep = std::get_if<syntax::Keep>(&node)) return &keep->selection;
  if (const auto* rule = std::get_if<syntax::Quantize>(&node)) return &rule->selection;
  if (const auto* rule = std::get_if<syntax::Prune>(&node)) return &rule->selection;
  if (const auto* untie = std::get_if<syntax::Untie>(&node)) return &untie->selection;
  if (const auto* marked = std::get_if<syntax::Dequantize>(&node)) return &marked->selection;
  const auto* transform = std::get_if<syntax::Transform>(&node);
  return transform && transform->on ? &*transform->on : nullptr;
}

std::optional<Matches> match(const Analysis& analysis, const Selection& selection) {
  if (!analysis.model || !analysis.recipe) return std::nullopt;
  if (!analysis.selector) analysis.selector = std::make_unique<Selector>(*analysis.recipe, analysis.model->graph(), analysis.scratch, analysis.model->names.get());
  const UnitSet found = analysis.selector->match(selection);
  return measure(analysis, found.points(), found.members());
}

// Modules that are alike (one template's module, one assignment) are measured once.
Matches measure(const Analysis& analysis, bool points, std::vector<uint32_t> units) {
  Matches matches{points, std::move(units), 0, 0, std::nullopt};
  if (points) return matches;
  const ModelGraph& graph = analysis.model->graph();
  const Checkpoint& checkpoint = analysis.model->loaded.checkpoint;
  std::map<std::tuple<uint32_t, uint32_t, uint32_t, bool>, std::tuple<int64_t, int64_t, int64_t>> known;
  int64_t after = 0;
  for (uint32_t m : matches.units) {
    const Module& module = graph.modules[m];
    const bool tied = module.tied_to >= 0;
    const auto [at, fresh] = known.try_emplace({module.owner, module.local, analysis.typed ? analysis.typed->of_module[m] : 0, tied});
    if (fresh) {
      const bool declared = module.kind != ModuleKind::Opaque;
      const int64_t parameters = tied || !declared ? 0 : parameter_count(graph.declaration(module));
      at->second = {parameters, stored_bytes(graph, checkpoint, module), analysis.typed ? exported_bytes(graph, checkpoint, *analysis.typed, m) : 0};
    }
    matches.parameters += std::get<0>(at->second);
    matches.before += std::get<1>(at->second);
    after += std::get<2>(at->second);
  }
  if (analysis.typed) matches.after = after;
  return matches;
}

std::string_view path_of(const Analysis& analysis, const Matches& matches, size_t i) {
  const ModelGraph& graph = analysis.model->graph();
  return matches.points ? graph.points[matches.units[i]].path : graph.modules[matches.units[i]].path;
}

std::string count_words(const Matches& matches) { return count_of(matches.units.size(), matches.points); }

std::string size_words(const Matches& matches) {
  if (matches.points || matches.units.empty()) return {};
  if (matches.parameters == 0 && matches.before == 0) return "weights that other modules own";
  std::string text = fmt::format("{} parameters, {}", number_words(matches.parameters), bytes_words(matches.before));
  if (matches.after && *matches.after != matches.before) text += fmt::format(" → {}", bytes_words(*matches.after));
  return text;
}

}  // namespace lcr::server
