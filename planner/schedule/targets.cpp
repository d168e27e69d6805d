#include "planner/schedule/targets.h"

#include "compiler/check/targets.h"
#include "compiler/diagnostics/codes/planning.h"

namespace lcr {
namespace {

// Of several with one format, which readers do not tell apart, any.
std::string cache_key(const Plan& plan, const std::optional<Format>& format) {
  for (const auto& [key, cache] : plan.caches)
    if (format && cache.format == *format) return key;
  return {};
}

}  // namespace

bool fill_targets(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, Plan& plan,
                  Diagnostics& diagnostics) {
  std::optional<ExportedTargets> targets;
  for (size_t i = 0; i < plan.exports.size(); ++i) {
    PlannedExport& exported = plan.exports[i];
    if (exported.format != "compressed_tensors") continue;
    if (!targets) {
      const FinalPrecisions precisions = final_precisions(typed, graph);
      targets = export_targets(precisions, graph);
      if (const auto differs = prove(*targets, precisions, graph)) {
        diagnostics
            .report(codes::L5014, recipe.exports[i].span, "no targets say exactly which module has which precision")
            .note(*differs)
            .help("give the modules that readers cannot tell apart the same precision");
        return false;
      }
    }
    exported.config_format = typed.keeps_source_config ? std::string(source_config_format) : targets->format;
    exported.ignore = targets->ignore;
    exported.cache = cache_key(plan, targets->cache);
    exported.queries = cache_key(plan, targets->queries);
    exported.attention = targets->attention;
    for (const ConfigGroup& group : targets->groups) {
      const std::string name = group.precision.name.empty() ? "source" : group.precision.name;
      const std::string key = key_for(plan.precisions, name, group.precision,
                                      [](const Precision& a, const Precision& b) { return a.same(b); });
      exported.groups.push_back({group.targets, key, group.format});
    }
  }
  return true;
}

}  // namespace lcr
