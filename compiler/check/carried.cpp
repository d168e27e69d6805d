#include "compiler/check/carried.h"

#include <algorithm>
#include <map>

#include "compiler/check/source_config.h"
#include "compiler/language/encoding.h"

namespace lcr {
namespace {

int32_t entry(TypedRecipe& typed, const Carried& carried) {
  const auto at = std::find_if(typed.carried.begin(), typed.carried.end(), [&](const Carried& known) {
    return known.precision.same(carried.precision) && known.format == carried.format;
  });
  if (at != typed.carried.end()) return static_cast<int32_t>(at - typed.carried.begin());
  typed.carried.push_back(carried);
  return static_cast<int32_t>(typed.carried.size() - 1);
}

// Whether the source calls the format as this program does: then it is one group with what a rule gives that format.
bool names_encoding(const Carried& carried, const Module& module, Dtype model) {
  if (carried.format.empty()) return false;
  const Format& weights = *carried.precision.weights;
  if (unstorable(carried.precision) || (weights.per == Per::Group && module.in % weights.group != 0)) return false;
  return carried.format == plan_encoding(carried.precision, module.out, module.in, model).container;
}

bool stays(const Assignment& assignment) {
  return assignment.kind == Assignment::Kind::Keep && !assignment.dequantize && !assignment.pruner;
}

// Whether nothing at all is quantized, pruned or dequantized: then the source's configuration is as true of the result.
bool all_stays(const ModelGraph& graph, const TypedRecipe& typed) {
  for (uint32_t m = 0; m < graph.modules.size(); ++m)
    if (!stays(typed.assignments[typed.of_module[m]])) return false;
  return std::none_of(typed.of_point.begin(), typed.of_point.end(),
                      [&](uint32_t assignment) { return typed.assignments[assignment].cache.has_value(); });
}

}  // namespace

void carry_source_precisions(const ModelGraph& graph, const Checkpoint& checkpoint, TypedRecipe& typed,
                             std::vector<uint32_t>& lost, bool rewritten) {
  const bool any = std::any_of(graph.modules.begin(), graph.modules.end(),
                               [](const Module& module) { return module.source_codec != 0; });
  const bool caches = std::any_of(graph.passed.begin(), graph.passed.end(),
                                  [](const Passed& passed) { return !passed.drop && passed.module == none_id; });
  if (!any && !caches) return;
  const SourceConfig source(checkpoint);
  typed.carried_of_module.assign(graph.modules.size(), -1);
  std::map<const Carried*, int32_t> known;
  for (uint32_t m = 0; m < graph.modules.size(); ++m) {
    const Module& module = graph.modules[m];
    if (module.source_codec == 0 || !stays(typed.assignments[typed.of_module[m]])) continue;
    const Carried* found = source.formats_alone() ? source.of(module) : nullptr;
    if (found == nullptr) {
      lost.push_back(m);
      continue;
    }
    const auto [at, added] = known.try_emplace(found, 0);
    if (added) {
      Carried carried = *found;
      if (names_encoding(carried, module, graph.dtype)) carried.format.clear();
      at->second = entry(typed, carried);
    }
    typed.carried_of_module[m] = at->second;
  }
  if ((lost.empty() && !caches) || rewritten || !all_stays(graph, typed)) return;
  lost.clear();
  typed.carried.clear();
  typed.carried_of_module.clear();
  typed.keeps_source_config = true;
}

}  // namespace lcr
