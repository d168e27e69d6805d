#include "compiler/facts/smoothing.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

namespace lcr {

namespace {

// A weight's part in a class, but for which of its channels.
using SideKey = std::tuple<TemplateId, uint32_t, bool, uint32_t, Side::Action, double>;

bool writes(Side::Action action) {
  return action != Side::Action::ReadColumns && action != Side::Action::ReadRows;
}

// Channels that a caller sees: their classes are decided there.
std::set<uint32_t> interface(const Template& self, const ScaleProblem& problem) {
  std::set<uint32_t> roots;
  for (const std::vector<ValueId>* values : {&self.inputs, &self.outputs}) {
    for (ValueId value : *values) {
      for (size_t c = 0; c < width_of(self.values[value]); ++c) {
        roots.insert(problem.channels.find(problem.first[value] + static_cast<uint32_t>(c)).first);
      }
    }
  }
  return roots;
}

int64_t entries_of(const ModelGraph& graph, const SideKey& key) {
  const TemplateModule& module = graph.templates[std::get<0>(key)].modules[std::get<1>(key)];
  int64_t all = 1;
  switch (std::get<4>(key)) {
    case Side::Action::WriteRows:
    case Side::Action::ReadRows:
      return module.tensors[0].shape[0];
    case Side::Action::ReadColumns:
    case Side::Action::WriteWidth:
      return module.tensors[0].shape.size() > 1 ? module.tensors[0].shape[1] : 1;
    default:
      for (int64_t dim : module.tensors[0].shape) all *= dim;
      return all;
  }
}

struct Class {
  std::vector<std::pair<SideKey, uint32_t>> uses;  // with the weight's entry

  // Which member of a class represents it is arbitrary: s is what the first writer has.
  void normalize() {
    auto first = std::find_if(uses.begin(), uses.end(), [](const auto& use) { return writes(std::get<4>(use.first)); });
    if (first == uses.end()) return;
    double power = std::get<5>(first->first);
    for (auto& [key, entry] : uses) std::get<5>(key) /= power;
  }
};

std::vector<Side> sides_of(const ModelGraph& graph, const std::set<SideKey>& keys) {
  std::vector<Side> sides;
  for (const SideKey& key : keys) {
    auto [owner, module, experts, instance, action, power] = key;
    sides.push_back({owner, module, experts, instance, action, power,
                     std::vector<int32_t>(static_cast<size_t>(entries_of(graph, key)), -1)});
  }
  return sides;
}

void mark(std::vector<Side>& sides, const std::set<SideKey>& keys, const SideKey& key, uint32_t entry, int32_t number) {
  auto found = keys.find(key);
  if (found == keys.end()) return;
  sides[static_cast<size_t>(std::distance(keys.begin(), found))].entries[entry] = number;
}

// The classes of one template that nothing above it takes part in, grouped by who writes and who reads them.
void collect(const ModelGraph& graph, TemplateId id, const ScaleProblem& problem, std::vector<SmoothingSet>& sets) {
  const Template& self = graph.templates[id];
  std::set<uint32_t> outside = id == 0 ? std::set<uint32_t>{} : interface(self, problem);
  std::map<uint32_t, Class> classes;
  for (const Use& use : problem.uses) {
    auto [root, power] = problem.channels.find(use.channel);
    if (problem.channels.rigid(use.channel) || outside.count(root) > 0) continue;
    classes[root].uses.push_back(
        {{use.owner, use.module, use.experts, use.instance, use.action, use.power * power}, use.entry});
  }
  std::map<std::pair<std::set<SideKey>, std::set<SideKey>>, std::vector<const Class*>> grouped;
  for (auto& [root, one] : classes) {
    one.normalize();
    std::set<SideKey> writers, readers;
    for (const auto& [key, entry] : one.uses) (writes(std::get<4>(key)) ? writers : readers).insert(key);
    if (!writers.empty() && !readers.empty()) grouped[{writers, readers}].push_back(&one);
  }
  for (const auto& [sides, members] : grouped) {
    SmoothingSet set{id, static_cast<int64_t>(members.size()), sides_of(graph, sides.first),
                     sides_of(graph, sides.second)};
    for (size_t number = 0; number < members.size(); ++number) {
      for (const auto& [key, entry] : members[number]->uses) {
        mark(set.writers, sides.first, key, entry, static_cast<int32_t>(number));
        mark(set.readers, sides.second, key, entry, static_cast<int32_t>(number));
      }
    }
    sets.push_back(std::move(set));
  }
}

// Writers of which no channel is free, with the reason of their first one.
void collect_refusals(const ScaleProblem& problem, std::vector<SmoothingRefusal>& refused) {
  std::map<std::pair<TemplateId, uint32_t>, const std::string*> reasons;
  std::set<std::pair<TemplateId, uint32_t>> free;
  for (const Use& use : problem.uses) {
    if (!writes(use.action)) continue;
    const std::string* reason = problem.channels.reason(use.channel);
    std::pair<TemplateId, uint32_t> module{use.owner, use.module};
    if (reason == nullptr) {
      free.insert(module);
    } else {
      reasons.try_emplace(module, reason);
    }
  }
  for (const auto& [module, reason] : reasons) {
    if (free.count(module) == 0) refused.push_back({module.first, module.second, *reason});
  }
}

// Callees before callers.
void solve(const ModelGraph& graph, TemplateId id, std::map<TemplateId, ScaleProblem>& solved) {
  if (solved.count(id) > 0) return;
  for (const Node& node : graph.templates[id].nodes) {
    if (node.callee != none_id) solve(graph, node.callee, solved);
  }
  solved.emplace(id, pose(graph, id, solved));
}

}  // namespace

void derive_smoothing(const ModelGraph& graph, std::vector<SmoothingSet>& sets,
                      std::vector<SmoothingRefusal>& refused) {
  std::map<TemplateId, ScaleProblem> solved;
  solve(graph, 0, solved);
  for (const auto& [id, problem] : solved) {
    collect(graph, id, problem, sets);
    collect_refusals(problem, refused);
  }
}

}  // namespace lcr
