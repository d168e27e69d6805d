#include "planner/verify/verify.h"

#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/planning.h"
#include "planner/plan/layout.h"
#include "planner/plan/names.h"
#include "planner/plan/structure.h"
#include "planner/verify/coverage.h"
#include "planner/verify/rotations.h"

namespace lcr {
namespace {

constexpr size_t most_problems = 20;

// Bytes of tensors that each job's `write` operation announces, against those that the layouts give it.
class Written {
 public:
  explicit Written(const Plan& plan) : plan_(plan) {
    for (const Unit& unit : plan.units) bytes_.emplace_back(unit.jobs.size(), 0);
  }
  void add(const OutputTensor& tensor) { bytes_[tensor.unit][tensor.job] += int64_t(tensor.end - tensor.begin); }

  void compare(std::vector<std::string>& problems) const {
    for (size_t u = 0; u < bytes_.size(); ++u) {
      const Unit& unit = plan_.units[u];
      for (size_t j = 0; j < bytes_[u].size() && problems.size() < most_problems; ++j) {
        const __int128 announced =
            __int128(unit.jobs[j].operations.back().bytes_out) * times(unit.jobs[j]) * __int128(unit.instances.size());
        if (announced != bytes_[u][j])
          problems.push_back(fmt::format("job {} of `{}` announces other bytes than the {} of its tensors", j,
                                         unit.name, bytes_[u][j]));
      }
    }
  }

 private:
  const Plan& plan_;
  std::vector<std::vector<int64_t>> bytes_;
};

void check_shard(const ShardLayout& layout, const OutputShard& shard, std::unordered_set<std::string_view>& names,
                 std::vector<std::string>& problems) {
  const auto require = [&](bool holds, auto... text) {
    if (!holds && problems.size() < most_problems)
      problems.push_back(fmt::format("`{}` {}", layout.file, fmt::format(text...)));
  };
  uint64_t at = layout.header.size();
  require(at % 8 == 0, fmt::runtime("has a header of {} bytes"), at);
  for (const OutputTensor& tensor : layout.tensors) {
    const auto bytes = uint64_t(elements_of(tensor.shape) * size_of(tensor.dtype));
    require(tensor.begin == at && tensor.end - tensor.begin == bytes, fmt::runtime("places `{}` wrongly"), tensor.name);
    require(tensor.begin % uint64_t(size_of(tensor.dtype)) == 0, fmt::runtime("places `{}` across its elements"),
            tensor.name);
    require(names.insert(tensor.name).second, fmt::runtime("writes `{}` a second time"), tensor.name);
    at = tensor.end;
  }
  require(at == layout.bytes && at == uint64_t(shard.bytes), fmt::runtime("has {} bytes, not {}"), at, shard.bytes);
  require(layout.tensors.size() == size_t(shard.tensors), fmt::runtime("has {} tensors, not {}"), layout.tensors.size(),
          shard.tensors);
}

// What looks at the model relies on every name and index of the plan to lead somewhere, the layouts on the model to
// fit.
std::vector<std::string> problems_without_layouts(const Plan& plan, const ModelGraph& graph,
                                                  const Checkpoint& checkpoint, const NameIndex& names) {
  auto problems = structure_problems(plan, most_problems);
  if (problems.empty()) problems = coverage_problems(plan, graph, checkpoint, names, most_problems);
  return problems.empty() ? rotation_problems(plan, graph, names) : problems;
}

std::vector<std::string> layout_problems(const Plan& plan, const ExportLayouts& layouts) {
  std::vector<std::string> problems;
  Written written(plan);
  for (size_t i = 0; i < plan.exports.size(); ++i) {
    std::unordered_set<std::string_view> names;
    names.reserve(size_t(plan.exports[i].shards.size()) * 256);
    for (size_t s = 0; s < layouts[i].size(); ++s) {
      check_shard(layouts[i][s], plan.exports[i].shards[s], names, problems);
      for (const OutputTensor& tensor : layouts[i][s].tensors) written.add(tensor);
    }
  }
  written.compare(problems);
  return problems;
}

}  // namespace

std::vector<std::string> verify_plan(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint) {
  const NameIndex names(graph, checkpoint);
  auto problems = problems_without_layouts(plan, graph, checkpoint, names);
  if (!problems.empty()) return problems;
  ExportLayouts layouts;
  for (size_t i = 0; i < plan.exports.size(); ++i) layouts.push_back(layout_outputs(plan, i, graph, checkpoint, names));
  return layout_problems(plan, layouts);
}

std::vector<std::string> verify_plan(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint,
                                     const NameIndex& names, const ExportLayouts& layouts) {
  auto problems = problems_without_layouts(plan, graph, checkpoint, names);
  return problems.empty() ? layout_problems(plan, layouts) : problems;
}

bool report_problems(const std::vector<std::string>& problems, Diagnostics& diagnostics) {
  if (problems.empty()) return true;
  Diagnostic& diagnostic = diagnostics.report(codes::L5009, "the plan contradicts itself or the model");
  for (const std::string& problem : problems) diagnostic.note(problem);
  diagnostic.help("make the plan again with `lcr plan`");
  return false;
}

}  // namespace lcr
