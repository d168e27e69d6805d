#include "planner/schedule/targets.h"

#include <map>
#include <set>

#include "compiler/language/encoding.h"

namespace lcr {

void fill_targets(const TypedRecipe& typed, const ModelGraph& graph, const Plan& plan, PlannedExport& exported) {
  std::map<std::string, ConfigGroupText> groups;
  std::set<std::string_view> formats;
  for (const auto& [key, precision] : plan.precisions) {
    ConfigGroupText& group = groups[key];
    group.precision = key;
    group.format = std::string(plan_encoding(precision, 1, 128 * 256, Dtype::BF16).container);
    formats.insert(group.format);
  }
  for (uint32_t i = 0; i < graph.modules.size(); ++i) {
    const Module& module = graph.modules[i];
    const Assignment& assignment = typed.assignments[typed.of_module[i]];
    if (assignment.kind == Assignment::Kind::Quantize) {
      for (auto& [key, group] : groups)
        if (plan.precisions.at(key).same(*assignment.precision)) group.targets.emplace_back(module.path);
    } else if (module.kind == ModuleKind::Linear) {
      exported.ignore.emplace_back(module.path);
    }
  }
  for (auto& [key, group] : groups) exported.groups.push_back(std::move(group));
  exported.config_format = formats.size() == 1 ? std::string(*formats.begin()) : formats.empty() ? "dense" : "mixed-precision";
}

}  // namespace lcr
