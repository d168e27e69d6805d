#include "compiler/check/targets.h"

#include <algorithm>
#include <map>

#include "compiler/check/target_patterns.h"
#include "compiler/language/encoding.h"

namespace lcr {
namespace {

// Labels of patterns: a group, or one of these.
constexpr int32_t kept = -1;     // a linear that is not quantized
constexpr int32_t foreign = -2;  // anything that no target may match and no reader asks for

bool is_target_kind(const Module& module) {
  return module.kind == ModuleKind::Linear || module.kind == ModuleKind::Opaque;
}

int32_t label_of(const FinalPrecisions& precisions, const ModelGraph& graph, size_t m) {
  if (precisions.of_module[m] >= 0) return precisions.of_module[m];
  return is_target_kind(graph.modules[m]) ? kept : foreign;
}

// Servers know the head as something else than a linear, so that no class stands for it.
bool needs_name(const Module& module) { return module.kind == ModuleKind::Embedding || has(module.roles, Role::Head); }

// Names without numbers are written as they are: servers map them to their own spelling.
std::vector<std::string> ignore_list(const std::vector<NamePattern>& patterns) {
  std::vector<NamePattern> numbered;
  std::vector<std::string> names;
  for (const NamePattern& pattern : patterns) {
    if (pattern.label != kept || !pattern.numbers.empty()) {
      numbered.push_back(pattern);
      continue;
    }
    std::string name;
    for (const std::string& segment : pattern.segments) name += (name.empty() ? "" : ".") + segment;
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  for (std::string& expression : expressions(numbered, kept)) names.push_back(std::move(expression));
  return names;
}

std::string class_of_attention(const ModelGraph& graph) {
  for (const char* suffix : {"ForCausalLM", "ForConditionalGeneration"})
    if (const size_t at = graph.class_name.find(suffix); at != std::string::npos)
      return graph.class_name.substr(0, at) + "Attention";
  return graph.class_name + "Attention";
}

// The group whose class target would be `Linear`: the only one among linears that readers know as such.
int32_t only_group(const FinalPrecisions& precisions, const ModelGraph& graph) {
  int32_t only = kept;
  for (size_t m = 0; m < graph.modules.size(); ++m) {
    const int32_t label = precisions.of_module[m];
    if (label < 0 || needs_name(graph.modules[m])) continue;
    if (only >= 0 && only != label) return kept;
    only = label;
  }
  return only;
}

int32_t entry(FinalPrecisions& precisions, const Precision& precision, const std::string& format) {
  auto& known = precisions.precisions;
  for (size_t i = 0; i < known.size(); ++i)
    if (known[i].same(precision) && precisions.formats[i] == format) return static_cast<int32_t>(i);
  known.push_back(precision);
  precisions.formats.push_back(format);
  return static_cast<int32_t>(known.size() - 1);
}

}  // namespace

FinalPrecisions final_precisions(const TypedRecipe& typed, const ModelGraph& graph) {
  FinalPrecisions result;
  std::vector<int32_t> of_assignment(typed.assignments.size(), -1);
  for (size_t a = 0; a < typed.assignments.size(); ++a) {
    const Assignment& assignment = typed.assignments[a];
    if (assignment.kind != Assignment::Kind::Keep && assignment.precision)
      of_assignment[a] = entry(result, *assignment.precision, {});
  }
  std::vector<int32_t> of_carried;
  for (const Carried& carried : typed.carried) of_carried.push_back(entry(result, carried.precision, carried.format));
  for (size_t m = 0; m < graph.modules.size(); ++m) {
    const int32_t carried = typed.carried_of_module.empty() ? -1 : typed.carried_of_module[m];
    result.of_module.push_back(carried >= 0 ? of_carried[static_cast<size_t>(carried)]
                                            : of_assignment[typed.of_module[m]]);
  }
  for (size_t p = 0; p < graph.points.size(); ++p) {
    const Assignment& assignment = typed.assignments[typed.of_point[p]];
    if (!assignment.cache) continue;
    (graph.points[p].kind == AttentionPoint::Kind::Queries ? result.queries : result.cache) = assignment.cache;
  }
  return result;
}

ExportedTargets export_targets(const FinalPrecisions& precisions, const ModelGraph& graph) {
  ExportedTargets result;
  result.cache = precisions.cache;
  result.queries = precisions.queries;
  if (result.queries) result.attention = class_of_attention(graph);
  std::vector<LabelledName> names;
  std::vector<int64_t> example(precisions.precisions.size(), -1);
  for (size_t m = 0; m < graph.modules.size(); ++m) {
    const Module& module = graph.modules[m];
    names.push_back({module.path, label_of(precisions, graph, m), module.expert >= 0});
    if (precisions.of_module[m] >= 0) example[static_cast<size_t>(precisions.of_module[m])] = static_cast<int64_t>(m);
  }
  const std::vector<NamePattern> patterns = factor(names);
  const int32_t linear = only_group(precisions, graph);
  for (size_t g = 0; g < precisions.precisions.size(); ++g) {
    if (example[g] < 0) continue;
    const Module& module = graph.modules[static_cast<size_t>(example[g])];
    ConfigGroup group{{}, precisions.precisions[g], {}};
    if (g < precisions.formats.size()) group.format = precisions.formats[g];
    if (group.format.empty())
      group.format = plan_encoding(group.precision, module.out, module.in, graph.dtype).container;
    if (static_cast<int32_t>(g) == linear) {
      group.targets.push_back("Linear");
      std::vector<LabelledName> named;
      for (size_t m = 0; m < names.size(); ++m)
        named.push_back({names[m].name,
                         names[m].label == linear && !needs_name(graph.modules[m]) ? foreign : names[m].label,
                         names[m].expert});
      for (std::string& one : expressions(factor(named), linear)) group.targets.push_back(std::move(one));
    } else {
      group.targets = expressions(patterns, static_cast<int32_t>(g));
    }
    result.groups.push_back(std::move(group));
  }
  if (!result.groups.empty()) result.ignore = ignore_list(patterns);
  for (const ConfigGroup& group : result.groups)
    result.format = result.format.empty() || result.format == group.format ? group.format : "mixed-precision";
  if (result.groups.empty()) result.format = "dense";
  return result;
}

}  // namespace lcr
