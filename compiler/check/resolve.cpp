#include "compiler/check/resolve.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/check/context.h"
#include "compiler/check/rewrites.h"
#include "compiler/check/rule_words.h"
#include "compiler/check/sizes.h"
#include "compiler/select/evaluate.h"

namespace lcr {
namespace {

ResolvedRow row_of(const Recipe& recipe, const Sources& sources, const Assignment& assignment, bool points) {
  ResolvedRow row;
  const int32_t rule = assignment.rule >= 0 ? assignment.rule : assignment.prune_rule;
  row.selection = rule < 0 ? "default" : one_line(sources, recipe.rules[static_cast<size_t>(rule)].selection.span);
  row.place = place_of(sources, rule < 0 ? recipe.default_span : recipe.rules[static_cast<size_t>(rule)].span);
  row.precision = precision_words(assignment);
  row.stack = stack_words(assignment);
  row.pruning = pruning_words(assignment);
  row.points = points;
  row.dequantized = assignment.dequantize;
  return row;
}

// Rows in order of the rules; within one rule in order of the assignments.
std::vector<size_t> order(const TypedRecipe& typed, const Recipe& recipe) {
  std::multimap<int64_t, size_t> found;
  for (size_t a = 0; a < typed.assignments.size(); ++a) {
    const Assignment& one = typed.assignments[a];
    const int64_t rule = one.rule >= 0 ? one.rule : one.prune_rule;
    found.emplace(rule < 0 ? static_cast<int64_t>(recipe.rules.size()) : rule, a);
  }
  std::vector<size_t> result;
  for (const auto& [rule, a] : found) result.push_back(a);
  return result;
}

int64_t changed_by(const Rotation& rotation, const std::vector<ModuleFold>& folds) {
  if (!rotation.folded()) return static_cast<int64_t>(rotation.places.size());
  return std::count_if(folds.begin(), folds.end(), [&](const ModuleFold& one) {
    return rotation.space == "R1" ? one.norm != none_id || one.ones || one.reads || one.writes
                                  : one.values != none_id || one.attended != none_id;
  });
}

Span statement_of(const Recipe& recipe, const std::string& space) {
  for (const TransformStatement& statement : recipe.transforms) {
    const auto found = statement.algorithm.parameters.find("rotations");
    const auto* spaces = found == statement.algorithm.parameters.end() ? nullptr : std::get_if<std::vector<std::string>>(&found->second);
    if (spaces != nullptr && std::find(spaces->begin(), spaces->end(), space) != spaces->end()) return statement.span;
  }
  return {};
}

// What the dataflow forbids is reported by the check.
std::vector<ResolvedRotation> rotations_of(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                           const Sources& sources) {
  std::vector<ResolvedRotation> result;
  if (recipe.transforms.empty()) return result;
  Diagnostics said;
  const auto rewrites = find_rewrites(recipe, typed, graph, said);
  if (!rewrites) return result;
  for (const Rotation& one : rewrites->rotations)
    result.push_back({one.space, fmt::format("{} of {}", one.kind, one.size), place_of(sources, statement_of(recipe, one.space)),
                      changed_by(one, rewrites->folds)});
  return result;
}

}  // namespace

Resolution resolve(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                   const Checkpoint& checkpoint, const Sources& sources) {
  Resolution result;
  result.graph = &graph;
  result.rotations = rotations_of(recipe, typed, graph, sources);
  std::vector<ResolvedRow> rows(typed.assignments.size());
  std::vector<bool> points(typed.assignments.size());
  for (uint32_t of : typed.of_point) points[of] = true;
  for (size_t a = 0; a < rows.size(); ++a) rows[a] = row_of(recipe, sources, typed.assignments[a], points[a]);
  std::vector<bool> tied(graph.modules.size());
  for (size_t t = 0; t < graph.ties.size(); ++t) tied[graph.ties[t].module] = true;
  for (const ModuleClass& one : classify(graph, typed)) {
    ResolvedRow& row = rows[one.assignment];
    row.units.insert(row.units.end(), one.modules.begin(), one.modules.end());
    const int64_t parameters = parameter_count(graph.templates[one.owner].modules[one.local]);
    const int64_t before = stored_bytes(graph, checkpoint, graph.modules[one.modules[0]]);
    const int64_t after = exported_bytes(graph, checkpoint, typed, one.modules[0]);
    for (uint32_t m : one.modules) {
      // A weight that another module owns counts once.
      if (!tied[m]) row.parameters += parameters;
      row.before += before;
      row.after += after;
    }
    result.modules += static_cast<int64_t>(one.modules.size());
    if (typed.assignments[one.assignment].kind != Assignment::Kind::Keep)
      result.quantized += static_cast<int64_t>(one.modules.size());
  }
  for (uint32_t p = 0; p < graph.points.size(); ++p) rows[typed.of_point[p]].units.push_back(p);
  for (size_t a : order(typed, recipe)) {
    ResolvedRow& row = rows[a];
    if (row.units.empty() || (row.points && typed.assignments[a].rule < 0)) continue;
    result.parameters += row.parameters;
    result.before += row.before;
    result.after += row.after;
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace lcr
