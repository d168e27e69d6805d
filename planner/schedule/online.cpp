#include "planner/schedule/online.h"

#include <algorithm>
#include <bit>
#include <set>

#include <fmt/format.h>

#include "compiler/check/target_patterns.h"
#include "planner/plan/online.h"

namespace lcr {
namespace {

constexpr int32_t unrotated = -1;

// One group of the configuration while it is made.
struct Group {
  std::string space;             // R3, R4, v, u
  OnlineMatrix matrix;           // size 0: as wide as what is rotated
  bool sylvester = true;         // every size is a power of two, which `hadamard` means
  std::vector<uint32_t> places;  // modules; for R3 into Rotation::places
  std::string name;
};

bool is_sylvester(const std::string& kind, int64_t size) {
  return kind == "hadamard" && std::has_single_bit(uint64_t(size));
}

class Online {
 public:
  Online(const ModelGraph& graph, Plan& plan) : graph_(graph), plan_(plan), rotations_(online_rotations(plan, graph)) {}

  std::vector<TransformGroupText> groups() {
    side("v", [](const LinearRotations& one) { return one.input; });
    side("u", [](const LinearRotations& one) { return one.output; });
    for (const Rotation& rotation : plan_.rotations)
      if (rotation.space == "R3") heads(rotation);
    return std::move(texts_);
  }

 private:
  static std::string_view location(const std::string& space) {
    return space == "u" ? "output" : space == "R3" ? "q_attn" : "input";
  }

  // Linears by matrix: one group for all that are as wide as theirs, one for each size of blocks. A merged layer's
  // outputs stand in one group, so that of theirs all sizes decide the type together.
  template <class Pick>
  void side(const std::string& space, Pick pick) {
    std::set<std::string> inner;
    for (const Rotation& rotation : plan_.rotations)
      if (rotation.space == "R4") inner.insert(rotation.places.begin(), rotation.places.end());
    std::vector<Group> groups;
    std::map<std::pair<std::string, int64_t>, std::set<int64_t>> sizes;  // by kind and seed
    for (uint32_t m = 0; m < rotations_.size(); ++m)
      if (const auto matrix = pick(rotations_[m])) sizes[{matrix->kind, matrix->seed}].insert(matrix->size);
    for (uint32_t m = 0; m < rotations_.size(); ++m) {
      const auto matrix = pick(rotations_[m]);
      if (!matrix) continue;
      const Module& module = graph_.modules[m];
      const bool whole = matrix->size == (space == "u" ? module.out : module.in) &&
                         sizes.at({matrix->kind, matrix->seed}).size() > 1;
      Group wanted{space == "v" && inner.contains(std::string(module.path)) ? "R4" : space, *matrix, true, {}, {}};
      if (whole) wanted.matrix.size = 0;
      wanted.sylvester = is_sylvester(matrix->kind, matrix->size);
      const auto found = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
        return group.space == wanted.space && group.matrix == wanted.matrix &&
               (space == "u" || group.sylvester == wanted.sylvester);
      });
      Group& group = found == groups.end() ? groups.emplace_back(std::move(wanted)) : *found;
      group.sylvester = group.sylvester && is_sylvester(matrix->kind, matrix->size);
      group.places.push_back(m);
    }
    // Modules of one group all as wide as their matrix need no blocks.
    for (Group& group : groups) {
      const bool whole = std::all_of(group.places.begin(), group.places.end(), [&](uint32_t m) {
        return group.matrix.size == (space == "u" ? graph_.modules[m].out : graph_.modules[m].in);
      });
      if (whole) group.matrix.size = 0;
      finish(group);
    }
  }

  void finish(Group& group) {
    group.name = unused_name(group.space);
    std::vector<LabelledName> names;
    for (uint32_t m = 0; m < graph_.modules.size(); ++m)
      names.push_back({graph_.modules[m].path, unrotated, graph_.modules[m].expert >= 0});
    for (uint32_t m : group.places) {
      names[m].label = 0;
      const auto& matrix = location(group.space) == "output" ? rotations_[m].output : rotations_[m].input;
      store(group, graph_.modules[m].path, *matrix);
    }
    const auto targets = expressions(factor(names), 0);
    TransformGroupText text = start(group);
    if (group.space == "u") {
      text.apply = {{targets, "weight_output", false}, {targets, "output", true}};
    } else {
      text.apply = {{targets, "input", false}, {targets, "weight_input", true}};
    }
    texts_.push_back(std::move(text));
  }

  void heads(const Rotation& rotation) {
    Group group{"R3", {rotation.kind, rotation.size, rotation.seed}, is_sylvester(rotation.kind, rotation.size), {}, {}};
    group.name = unused_name(group.space);
    std::vector<LabelledName> names;
    for (const Module& module : graph_.modules) names.push_back({module.path, unrotated, module.expert >= 0});
    for (const std::string& block : rotation.places) names.push_back({block, 0, false});
    const auto targets = expressions(factor(names), 0);
    store(group, rotation.places.front(), group.matrix);
    TransformGroupText text = start(group);
    text.apply = {{targets, "q_attn", false}, {targets, "k_cache", false}};
    texts_.push_back(std::move(text));
  }

  // Readers share a group's matrices by their size.
  void store(const Group& group, std::string_view module, const OnlineMatrix& matrix) {
    if (!stored_.emplace(group.name, matrix.size).second) return;
    plan_.matrices.emplace(fmt::format("{}.{}_{}.weight", module, group.name, location(group.space)), matrix);
  }

  static TransformGroupText start(const Group& group) {
    return {group.name, group.sylvester ? "hadamard" : "random-hadamard", group.matrix.size, {}};
  }

  std::string unused_name(const std::string& space) {
    const int number = ++names_[space];
    return number == 1 ? space : fmt::format("{}_{}", space, number);
  }

  const ModelGraph& graph_;
  Plan& plan_;
  std::vector<LinearRotations> rotations_;
  std::map<std::string, int> names_;
  std::set<std::pair<std::string, int64_t>> stored_;
  std::vector<TransformGroupText> texts_;
};

}  // namespace

std::vector<TransformGroupText> plan_online(const ModelGraph& graph, Plan& plan, Grouping& grouping) {
  std::vector<TransformGroupText> groups = Online(graph, plan).groups();
  const bool stored = std::any_of(plan.exports.begin(), plan.exports.end(),
                                  [](const PlannedExport& one) { return one.format == "compressed_tensors"; });
  if (!stored) plan.matrices.clear();
  if (plan.matrices.empty()) return groups;
  Job job;
  for (const auto& [name, matrix] : plan.matrices) job.matrices.push_back(name);
  plan.units[0].jobs.push_back(std::move(job));
  // With the source's first file.
  grouping.origins[0].push_back({{0}, true});
  return groups;
}

}  // namespace lcr
