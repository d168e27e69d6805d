#include "compiler/model/fused.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace lcr::elaboration {
namespace {

struct Rule {
  std::string_view name;
  std::vector<std::string> members;
};

struct LocalGroup {
  std::string_view name;
  std::vector<uint32_t> members;  // into Template::modules
};

void collect(const Scope& scope, std::vector<Rule>& rules, TextArena& arena) {
  for (const syntax::Fused* fused : scope.description->fused) {
    std::vector<std::string> members;
    for (const syntax::Path& path : fused->members) members.push_back(path.text);
    const bool known = std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) {
      return rule.name == fused->name.text && rule.members == members;
    });
    if (!known) rules.push_back({arena.keep(fused->name.text), std::move(members)});
  }
  for (const auto& [name, part] : scope.parts) collect(*part, rules, arena);
}

// "mlp." of "mlp.gate_proj" and the member "gate_proj".
std::optional<std::string> parent_of(const std::string& path, const std::string& member) {
  if (!path.ends_with(member)) return std::nullopt;
  std::string parent = path.substr(0, path.size() - member.size());
  if (!parent.empty() && parent.back() != '.') return std::nullopt;
  return parent;
}

std::vector<LocalGroup> groups_of(const Template& owner, const std::vector<Rule>& rules) {
  std::vector<LocalGroup> groups;
  for (const Rule& rule : rules) {
    std::map<std::string, std::vector<uint32_t>> found;
    for (size_t member = 0; member < rule.members.size(); ++member) {
      for (uint32_t i = 0; i < owner.modules.size(); ++i) {
        if (owner.modules[i].kind != ModuleKind::Linear) continue;
        auto parent = parent_of(owner.modules[i].path, rule.members[member]);
        if (!parent) continue;
        auto& group = found[*parent];
        if (group.size() == member) group.push_back(i);
      }
    }
    for (auto& [parent, members] : found)
      if (members.size() == rule.members.size()) groups.push_back({rule.name, std::move(members)});
  }
  return groups;
}

}  // namespace

void collect_fused(ModelGraph& graph, const Scope& scope, TextArena& arena) {
  std::vector<Rule> rules;
  collect(scope, rules, arena);
  std::vector<std::vector<LocalGroup>> groups;
  for (const Template& owner : graph.templates) groups.push_back(groups_of(owner, rules));
  // Modules of one instance, template and expert lie in the order of the template, but not always side by side.
  std::map<std::pair<TemplateId, int32_t>, std::vector<uint32_t>> open;
  auto close = [&] {
    for (const auto& [key, places] : open) {
      for (const LocalGroup& group : groups[key.first]) {
        FusedGroup made{group.name, {}};
        for (uint32_t member : group.members) made.members.push_back(places[member]);
        graph.fused.push_back(std::move(made));
      }
    }
    open.clear();
  };
  uint32_t instance = 0;
  for (uint32_t i = 0; i < graph.modules.size(); ++i) {
    const Module& module = graph.modules[i];
    if (module.kind == ModuleKind::Opaque) break;
    if (module.instance != instance) close();
    instance = module.instance;
    if (groups[module.owner].empty()) continue;
    auto& places = open[{module.owner, module.expert}];
    places.resize(graph.templates[module.owner].modules.size());
    places[module.local] = i;
  }
  close();
}

}  // namespace lcr::elaboration
