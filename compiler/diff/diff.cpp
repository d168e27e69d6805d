#include "compiler/diff/diff.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "compiler/check/rule_words.h"
#include "compiler/check/sizes.h"
#include "compiler/diff/patterns.h"
#include "compiler/select/evaluate.h"

namespace lcr {
namespace {

ModuleState state_of(const DiffSide& side, const Assignment& assignment, const Sources& sources) {
  const int32_t rule = assignment.rule >= 0 ? assignment.rule : assignment.prune_rule;
  const Span span = rule < 0 ? side.recipe.default_span : side.recipe.rules[static_cast<size_t>(rule)].span;
  return {precision_words(assignment), stack_words(assignment), pruning_words(assignment), one_line(sources, span),
          place_of(sources, span)};
}

bool same_precision(const Assignment& a, const Assignment& b) {
  if (a.kind != b.kind || a.cache != b.cache || a.dequantize != b.dequantize) return false;
  if (a.precision.has_value() != b.precision.has_value()) return false;
  if (a.precision) return a.precision->same(*b.precision);
  return a.kind != Assignment::Kind::Auto || precision_words(a) == precision_words(b);
}

std::vector<std::string> differences(const Assignment& a, const Assignment& b, const ModuleState& before,
                                     const ModuleState& after) {
  std::vector<std::string> what;
  if (!same_precision(a, b)) what.push_back("precision");
  if (before.stack != after.stack) what.push_back("algorithm");
  if (before.pruning != after.pruning) what.push_back("pruning");
  if (before.rule != after.rule) what.push_back("rule");
  return what;
}

// Two schemes of one name are shown by what they say.
void tell_apart(Change& change, const Assignment& a, const Assignment& b) {
  if (same_precision(a, b) || change.before.precision != change.after.precision || !a.precision || !b.precision) return;
  change.before.precision += " " + to_string(*a.precision);
  change.after.precision += " " + to_string(*b.precision);
}

// Changes of one kind of unit: by the pair of assignments that a unit has on the two sides.
class Comparison {
 public:
  Comparison(const DiffSide& before, const DiffSide& after, const Sources& sources) : before_(before), after_(after) {
    for (const Assignment& one : before.typed.assignments) befores_.push_back(state_of(before, one, sources));
    for (const Assignment& one : after.typed.assignments) afters_.push_back(state_of(after, one, sources));
  }

  // The label of a unit: an index into changes, or -1.
  int32_t label(uint32_t a, uint32_t b) {
    const auto [at, added] = known_.try_emplace({a, b}, -1);
    if (!added) return at->second;
    Change change;
    change.before = befores_[a];
    change.after = afters_[b];
    tell_apart(change, before_.typed.assignments[a], after_.typed.assignments[b]);
    change.what = differences(before_.typed.assignments[a], after_.typed.assignments[b], change.before, change.after);
    if (change.what.empty()) return -1;
    at->second = static_cast<int32_t>(changes.size());
    changes.push_back(std::move(change));
    return at->second;
  }

  std::vector<Change> changes;

 private:
  const DiffSide& before_;
  const DiffSide& after_;
  std::vector<ModuleState> befores_, afters_;
  std::map<std::pair<uint32_t, uint32_t>, int32_t> known_;
};

void name_changes(std::vector<Change>& changes, const std::vector<LabelledName>& names) {
  auto patterns = patterns_of(names, changes.size());
  for (size_t c = 0; c < changes.size(); ++c) changes[c].names = std::move(patterns[c]);
}

bool only_words(const Change& change) { return change.what.size() == 1 && change.what[0] == "rule"; }

}  // namespace

RecipeDiff diff(const DiffSide& before, const DiffSide& after, const ModelGraph& graph, const Checkpoint& checkpoint,
                const Sources& sources) {
  RecipeDiff result{before.name,
                    after.name,
                    {},
                    static_cast<int64_t>(graph.modules.size()),
                    static_cast<int64_t>(graph.points.size()),
                    0,
                    0,
                    0,
                    0,
                    {},
                    {},
                    {}};
  Comparison modules(before, after, sources), points(before, after, sources);
  std::vector<LabelledName> names;
  // Bytes are alike for modules of one template with one assignment on each side.
  std::map<std::tuple<TemplateId, uint32_t, uint32_t, uint32_t>, std::pair<int64_t, int64_t>> sizes;
  for (uint32_t m = 0; m < graph.modules.size(); ++m) {
    const Module& module = graph.modules[m];
    const uint32_t a = before.typed.of_module[m], b = after.typed.of_module[m];
    auto [size, added] = sizes.try_emplace({module.owner, module.local, a, b});
    if (added)
      size->second = {exported_bytes(graph, checkpoint, before.typed, m),
                      exported_bytes(graph, checkpoint, after.typed, m)};
    result.bytes_before += size->second.first;
    result.bytes_after += size->second.second;
    const int32_t label = modules.label(a, b);
    names.push_back({module.path, label, module.expert >= 0});
    if (label < 0) continue;
    Change& change = modules.changes[static_cast<size_t>(label)];
    ++change.count;
    change.parameters += parameter_count(graph.declaration(module));
    change.bytes_before += size->second.first;
    change.bytes_after += size->second.second;
  }
  name_changes(modules.changes, names);
  names.clear();
  for (uint32_t p = 0; p < graph.points.size(); ++p) {
    const int32_t label = points.label(before.typed.of_point[p], after.typed.of_point[p]);
    names.push_back({graph.points[p].path, label, false});
    if (label >= 0) ++points.changes[static_cast<size_t>(label)].count;
  }
  name_changes(points.changes, names);
  for (Change& change : points.changes) change.points = true;
  result.changes = std::move(modules.changes);
  for (Change& change : points.changes) result.changes.push_back(std::move(change));
  std::erase_if(result.changes, [](const Change& change) { return change.count == 0; });
  // What only words of a rule change comes last.
  std::stable_sort(result.changes.begin(), result.changes.end(), [](const Change& a, const Change& b) {
    return std::make_tuple(only_words(a), a.points, -a.parameters) <
           std::make_tuple(only_words(b), b.points, -b.parameters);
  });
  for (const Change& change : result.changes)
    if (!only_words(change)) (change.points ? result.changed_points : result.changed) += change.count;
  return result;
}

}  // namespace lcr
