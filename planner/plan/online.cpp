#include "planner/plan/online.h"

#include <string_view>
#include <unordered_map>

#include "compiler/language/parameter.h"
#include "planner/plan/names.h"

namespace lcr {

LinearRotations quip_rotations(const Stack& stack, int64_t in, int64_t out) {
  LinearRotations result;
  for (const Algorithm& algorithm : stack.transforms) {
    if (algorithm.name != "quip") continue;
    const auto number = [&](const char* name, int64_t otherwise) {
      const auto found = algorithm.parameters.find(name);
      return found == algorithm.parameters.end() ? otherwise : std::get<int64_t>(found->second);
    };
    const std::string& kind = parameter<std::string>(algorithm, "kind");
    for (const std::string& side : std::get<std::vector<std::string>>(algorithm.parameters.at("rotations")))
      (side == "v" ? result.input : result.output) =
          OnlineMatrix{kind, number("block", side == "v" ? in : out), number("seed", 0)};
  }
  return result;
}

std::vector<LinearRotations> online_rotations(const Plan& plan, const ModelGraph& graph) {
  std::unordered_map<std::string_view, uint32_t> modules;
  for (uint32_t m = 0; m < graph.modules.size(); ++m) modules.emplace(graph.modules[m].path, m);
  std::vector<LinearRotations> result(graph.modules.size());
  for (const Unit& unit : plan.units)
    for (const Job& job : unit.jobs) {
      if (job.stack.empty()) continue;
      const Stack& stack = plan.stacks.at(job.stack);
      for (const std::string& path : unit.instances)
        for (int64_t e = 0; e < times(job); ++e)
          for (const std::string& name : job.modules) {
            const auto found = modules.find(name_in(path, name, job.experts > 0 ? job.first_expert + e : -1));
            if (found == modules.end()) continue;
            const Module& module = graph.modules[found->second];
            result[found->second] = quip_rotations(stack, module.in, module.out);
          }
    }
  for (const Rotation& rotation : plan.rotations) {
    if (rotation.space != "R4") continue;
    for (const std::string& path : rotation.places)
      if (const auto found = modules.find(path); found != modules.end())
        result[found->second].input = OnlineMatrix{rotation.kind, rotation.size, rotation.seed};
  }
  return result;
}

std::map<std::string, OnlineMatrix, std::less<>> rotated_attentions(const Plan& plan) {
  std::map<std::string, OnlineMatrix, std::less<>> result;
  for (const Rotation& rotation : plan.rotations)
    if (rotation.space == "R3")
      for (const std::string& block : rotation.places) result[block] = {rotation.kind, rotation.size, rotation.seed};
  return result;
}

}  // namespace lcr
