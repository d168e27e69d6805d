#include "backend/calibrate/expert_counts.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "planner/plan/names.h"

namespace lcr {

void tell_experts(const ModelGraph& graph, const UnitPlace& place, const std::map<uint32_t, ExpertCounts>& counts,
                  int64_t coverage, const TellEvent& tell) {
  const Template& layer = graph.templates[graph.instances[place.instance].id];
  for (const auto& [dispatch, tokens] : counts) {
    if (tokens.empty()) continue;
    // The experts' common path, without the place of their number.
    const std::string& path = layer.nodes[dispatch].path;
    const std::string module = name_in(place.path, path.substr(0, path.rfind(".{}")));
    ExpertCounts sorted = tokens;
    std::sort(sorted.begin(), sorted.end());
    const int64_t median = sorted[sorted.size() / 2];
    std::vector<size_t> starved;
    for (size_t expert = 0; expert < tokens.size(); ++expert)
      if (tokens[expert] < coverage) starved.push_back(expert);
    tell("experts",
         fmt::format("{}: {} to {} tokens an expert, {} in the middle", module, sorted.front(), sorted.back(), median),
         {{"module", module}, {"experts", tokens.size()}, {"least", sorted.front()}, {"median", median},
          {"most", sorted.back()}, {"coverage", coverage}, {"starved", starved}});
  }
}

}  // namespace lcr
