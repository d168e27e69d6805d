#include "planner/allocate/auto_groups.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/planning.h"
#include "compiler/select/select.h"

namespace lcr {
namespace {

class Groups {
 public:
  Groups(const TypedRecipe& typed, const ModelGraph& graph) : typed_(typed), graph_(graph), parent_(graph.modules.size()) {
    std::iota(parent_.begin(), parent_.end(), 0u);
  }

  bool is_auto(uint32_t module) const {
    return typed_.assignments[typed_.of_module[module]].kind == Assignment::Kind::Auto;
  }
  uint32_t root(uint32_t module) {
    while (parent_[module] != module) module = parent_[module] = parent_[parent_[module]];
    return module;
  }
  // Those of the modules that are to be chosen; a fixed one fixes nothing for the others.
  void join(const std::vector<uint32_t>& modules) {
    uint32_t first = none_id;
    for (uint32_t m : modules) {
      if (!is_auto(m)) continue;
      if (first == none_id) first = root(m);
      const uint32_t other = root(m);
      if (other != first) parent_[std::max(other, first)] = std::min(other, first);
      first = std::min(other, first);
    }
  }

 private:
  const TypedRecipe& typed_;
  const ModelGraph& graph_;
  std::vector<uint32_t> parent_;  // the root is the first of a group
};

bool same_candidates(const std::vector<Candidate>& a, const std::vector<Candidate>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Candidate& x, const Candidate& y) {
    return x.stack == y.stack && x.precision.has_value() == y.precision.has_value() &&
           (!x.precision || x.precision->same(*y.precision));
  });
}

std::string name_of_group(const ModelGraph& graph, const std::vector<uint32_t>& modules) {
  const std::string first(graph.modules[modules[0]].path);
  if (modules.size() == 1) return first;
  size_t common = first.size();
  for (uint32_t m : modules) {
    const std::string_view path = graph.modules[m].path;
    const auto differs = std::mismatch(first.begin(), first.begin() + static_cast<ptrdiff_t>(std::min(common, path.size())), path.begin());
    common = static_cast<size_t>(differs.first - first.begin());
  }
  const size_t dot = first.rfind('.', common);
  const std::string front = dot == std::string::npos ? "" : first.substr(0, dot + 1);
  constexpr size_t most = 4;
  if (modules.size() > most) return fmt::format("{}* ({} modules)", front, modules.size());
  std::vector<std::string> rests;
  for (uint32_t m : modules) rests.emplace_back(graph.modules[m].path.substr(front.size()));
  return fmt::format("{}{{{}}}", front, fmt::join(rests, ", "));
}

}  // namespace

std::vector<std::string> candidate_names(const std::vector<Candidate>& candidates) {
  std::vector<std::string> names;
  std::map<std::string, int> counts;
  for (const Candidate& one : candidates) {
    names.push_back(!one.precision                ? "keep"
                    : one.precision->name.empty() ? to_string(*one.precision)
                                                  : one.precision->name);
    ++counts[names.back()];
  }
  for (size_t c = 0; c < names.size(); ++c)
    if (counts[names[c]] > 1 && candidates[c].stack) names[c] += " with " + to_string(*candidates[c].stack);
  return names;
}

std::optional<std::vector<AutoGroup>> auto_groups(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                                  Diagnostics& diagnostics) {
  Groups groups(typed, graph);
  for (const FusedGroup& fused : graph.fused) groups.join(fused.members);
  std::map<uint32_t, std::vector<uint32_t>> experts;  // by instance
  for (uint32_t m = 0; m < graph.modules.size(); ++m)
    if (graph.modules[m].expert >= 0) experts[graph.modules[m].instance].push_back(m);
  for (const auto& [instance, modules] : experts) groups.join(modules);
  Diagnostics said;  // `check` has matched them
  Selector selector(recipe, graph, said);
  if (recipe.budget)
    for (const Selection& together : recipe.budget->together) groups.join(selector.match(together).members());

  std::vector<AutoGroup> result;
  std::map<uint32_t, size_t> known;  // by root
  for (uint32_t m = 0; m < graph.modules.size(); ++m) {
    if (!groups.is_auto(m)) continue;
    const Assignment& assignment = typed.assignments[typed.of_module[m]];
    const auto [at, added] = known.try_emplace(groups.root(m), result.size());
    if (added) result.push_back({{}, {}, assignment.candidates, 0});
    AutoGroup& group = result[at->second];
    if (!same_candidates(group.candidates, assignment.candidates)) {
      const Assignment& other = typed.assignments[typed.of_module[group.modules[0]]];
      diagnostics
          .report(codes::L5019, recipe.rules[static_cast<size_t>(assignment.rule)].span,
                  fmt::format("`{}` and `{}` get one precision, and have different candidates", graph.modules[group.modules[0]].path,
                              graph.modules[m].path),
                  "candidates of the one")
          .label(recipe.rules[static_cast<size_t>(other.rule)].span, "candidates of the other")
          .help("give both the same list, or take one out of `together`");
      return std::nullopt;
    }
    group.modules.push_back(m);
    group.parameters += graph.modules[m].out * graph.modules[m].in;
  }
  for (AutoGroup& group : result) group.name = name_of_group(graph, group.modules);
  return result;
}

}  // namespace lcr
