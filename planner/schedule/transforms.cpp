#include "planner/schedule/transforms.h"

#include <set>

#include <fmt/format.h>

#include "compiler/language/hadamard_sizes.h"

namespace lcr {
namespace {

// "hadamard" means Sylvester's matrix to readers.
std::string type_of(const Rotation& rotation) {
  const bool power_of_two = hadamard_base(rotation.size) == 1;
  if (rotation.kind == "hadamard" && power_of_two) return "hadamard";
  return rotation.kind == "hadamard" || rotation.kind == "random_hadamard" ? "random-hadamard" : "random-matrix";
}

// Modules by the last segment of their names.
class Targets {
 public:
  void add(std::string_view path) {
    segments_.insert(std::string(path.substr(path.rfind('.') + 1)));
  }
  std::vector<std::string> take() const {
    std::vector<std::string> targets;
    for (const std::string& segment : segments_) targets.push_back(fmt::format("re:.*{}$", segment));
    return targets;
  }

 private:
  std::set<std::string> segments_;
};

TransformGroupText folded(const Rotation& rotation, const Rewrites& rewrites, const ModelGraph& graph) {
  Targets writers, readers;
  int64_t width = 0;
  for (uint32_t m = 0; m < graph.modules.size(); ++m) {
    const ModuleFold& fold = rewrites.folds[m];
    const bool stream = rotation.space == "R1";
    if (stream ? fold.writes : fold.values != none_id) writers.add(graph.modules[m].path);
    if (stream ? fold.reads : fold.attended != none_id) readers.add(graph.modules[m].path);
    if (fold.writes && stream) width = stream_width(graph, rewrites.facts.rotations);
  }
  TransformGroupText group{rotation.space, type_of(rotation), rotation.size == width ? 0 : rotation.size, {}};
  group.apply.push_back({writers.take(), "weight_output", false});
  group.apply.push_back({readers.take(), "weight_input", true});
  return group;
}

}  // namespace

void fill_transforms(const Rewrites& rewrites, const ModelGraph& graph, const std::vector<TransformGroupText>& online,
                     Plan& plan) {
  for (PlannedExport& exported : plan.exports) {
    if (exported.format != "compressed_tensors" || (exported.groups.empty() && online.empty())) continue;
    for (const Rotation& rotation : rewrites.rotations)
      if (rotation.folded()) exported.transforms.push_back(folded(rotation, rewrites, graph));
    exported.transforms.insert(exported.transforms.end(), online.begin(), online.end());
  }
}

}  // namespace lcr
