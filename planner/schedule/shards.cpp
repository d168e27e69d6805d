#include "planner/schedule/shards.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/diagnostics/check.h"
#include "planner/plan/names.h"

namespace lcr {
namespace {

// Jobs first..last of one instance that are written one after another: one without experts, or neighbours with the same
// experts, expert by expert.
struct Block {
  uint32_t instance = 0, unit = 0, place = 0, first_job = 0, last_job = 0;
  int64_t order = 0;  // in the model's own template
};

// What a block writes for one expert (or once), job by job.
struct Row {
  const Block& block;
  int64_t expert;
};

class Cutter {
 public:
  Cutter(const Plan& plan, const Grouping& grouping, const ModelGraph& graph, const Checkpoint& checkpoint,
         const NameIndex& names, std::optional<int64_t> limit, PlannedExport& exported)
      : plan_(plan),
        grouping_(grouping),
        graph_(graph),
        checkpoint_(checkpoint),
        names_(names),
        limit_(limit),
        exported_(exported) {}

  void run() {
    for (const Block& block : blocks()) {
      const Job& job = plan_.units[block.unit].jobs[block.first_job];
      if (job.experts == 0) row({block, -1});
      for (int64_t e = 0; e < job.experts; ++e) row({block, job.first_expert + e});
    }
    finish();
  }

 private:
  // Blocks in the order of the graph: what stands outside of layers lies between them as the model's own template says.
  std::vector<Block> blocks() const {
    std::vector<int64_t> node_of(graph_.templates[0].modules.size(), INT64_MAX);
    for (size_t node = 0; node < graph_.templates[0].nodes.size(); ++node)
      if (const uint32_t module = graph_.templates[0].nodes[node].module; module != none_id)
        node_of[module] = std::min(node_of[module], int64_t(node));
    std::vector<Block> list;
    for (uint32_t i = 0; i < graph_.instances.size(); ++i) {
      const auto& jobs = plan_.units[grouping_.unit[i]].jobs;
      for (uint32_t job = 0; job < jobs.size();) {
        Block block{i, grouping_.unit[i], grouping_.place[i], job, job, int64_t(graph_.instances[i].node)};
        const JobOrigin& origin = grouping_.origins[block.unit][job];
        if (i == 0)
          block.order = origin.stored ? INT64_MAX : node_of_module(node_of, grouping_.modules[0][origin.first[0]]);
        while (jobs[job].experts > 0 && block.last_job + 1 < jobs.size() &&
               same_experts(jobs[job], jobs[block.last_job + 1]) &&
               grouping_.origins[block.unit][block.last_job + 1].stored == origin.stored)
          ++block.last_job;
        job = block.last_job + 1;
        list.push_back(block);
      }
    }
    std::stable_sort(list.begin(), list.end(), [](const Block& a, const Block& b) { return a.order < b.order; });
    return list;
  }

  int64_t node_of_module(const std::vector<int64_t>& node_of, uint32_t module) const {
    const Module& of = graph_.modules[module];
    return of.owner == 0 && of.local < node_of.size() ? node_of[of.local] : INT64_MAX;
  }

  static bool same_experts(const Job& a, const Job& b) {
    return a.experts == b.experts && a.first_expert == b.first_expert;
  }

  // Jobs of a row whose sources lie in different files go to different files, in neighbouring runs.
  void row(const Row& row) {
    for (uint32_t first = row.block.first_job; first <= row.block.last_job;) {
      const size_t shard = shard_of(row, first);
      uint32_t last = first;
      while (last < row.block.last_job && shard_of(row, last + 1) == shard) ++last;
      append(shard, row, first, last);
      first = last + 1;
    }
  }

  size_t shard_of(const Row& row, uint32_t job) { return limit_ ? by_size(row, job) : by_source(row, job); }

  size_t by_source(const Row& row, uint32_t job) const {
    const JobOrigin& origin = grouping_.origins[row.block.unit][job];
    const uint32_t first =
        origin.first[row.expert < 0 ? 0 : size_t(row.expert - plan_.units[row.block.unit].jobs[job].first_expert)];
    if (origin.stored) return checkpoint_.tensors[first].shard;
    const uint32_t module = grouping_.modules[row.block.instance][first];
    for (uint32_t t = 0; t < graph_.modules[module].tensor_count; ++t)
      if (const TensorView* view = view_of(graph_, module, t)) return checkpoint_.tensors[view->sources.front()].shard;
    return 0;
  }

  // Called once for each job of a row, in order.
  size_t by_size(const Row& row, uint32_t job) {
    const std::pair<uint32_t, uint32_t> key{row.block.instance, job};
    if (sized_ == std::optional(std::pair(key, row.expert))) return current_;
    sized_ = std::pair(key, row.expert);
    const int64_t bytes = file_bytes(row.block.unit, job);
    if (filled_ > 0 && header_ + filled_ + bytes > *limit_) ++current_, filled_ = 0;
    filled_ += bytes;
    return current_;
  }

  // Of one expert of a job, its entries of the header included; never less than in the file.
  int64_t file_bytes(uint32_t unit, uint32_t job) {
    const auto [entry, added] = sizes_.emplace(std::pair(unit, job), 0);
    if (!added) return entry->second;
    const Job& of = plan_.units[unit].jobs[job];
    const int64_t expert = of.experts > 0 ? of.first_expert + of.experts - 1 : -1;
    size_t longest = 0;
    for (const std::string& instance : plan_.units[unit].instances) longest = std::max(longest, instance.size());
    const size_t slack = longest - plan_.units[unit].instances.front().size();
    for (const OutputTensor& tensor : outputs_of(plan_, exported_, unit, 0, job, expert, graph_, checkpoint_, names_))
      entry->second += int64_t(tensor.end - tensor.begin) + int64_t(tensor.name.size() + slack) + 120 +
                       20 * int64_t(tensor.shape.size());
    return entry->second;
  }

  // Extends the file's last run where the new jobs follow it without a gap.
  void append(size_t shard, const Row& row, uint32_t first, uint32_t last) {
    if (shard >= runs_.size()) runs_.resize(shard + 1);
    auto& runs = runs_[shard];
    const bool experts = row.expert >= 0;
    if (!runs.empty() && runs.back().unit == row.block.unit && runs.back().instance == row.block.place) {
      ShardRun& open = runs.back();
      const bool open_experts = open.last_expert >= open.first_expert;
      if (!experts && !open_experts && open.last_job + 1 == first) return void(open.last_job = last);
      if (experts && open_experts && open.first_job == first && open.last_job == last &&
          open.last_expert + 1 == row.expert)
        return void(open.last_expert = row.expert);
    }
    runs.push_back({row.block.unit, row.block.place, first, last, experts ? row.expert : 0, experts ? row.expert : -1});
  }

  // Files that nothing goes to are left out, the others are numbered anew.
  void finish() {
    std::erase_if(runs_, [](const auto& runs) { return runs.empty(); });
    for (size_t i = 0; i < runs_.size(); ++i) {
      OutputShard shard;
      shard.file = runs_.size() == 1 ? "model.safetensors"
                                     : fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, runs_.size());
      shard.runs = std::move(runs_[i]);
      exported_.shards.push_back(std::move(shard));
    }
  }

  static constexpr int64_t header_ = 64;
  const Plan& plan_;
  const Grouping& grouping_;
  const ModelGraph& graph_;
  const Checkpoint& checkpoint_;
  const NameIndex& names_;
  std::optional<int64_t> limit_;
  PlannedExport& exported_;
  std::vector<std::vector<ShardRun>> runs_;
  std::map<std::pair<uint32_t, uint32_t>, int64_t> sizes_;
  std::optional<std::pair<std::pair<uint32_t, uint32_t>, int64_t>> sized_;
  size_t current_ = 0;
  int64_t filled_ = 0;
};

}  // namespace

void cut_shards(const Plan& plan, const Grouping& grouping, const ModelGraph& graph, const Checkpoint& checkpoint,
                const NameIndex& names, std::optional<int64_t> limit, PlannedExport& exported) {
  Cutter(plan, grouping, graph, checkpoint, names, limit, exported).run();
}

}  // namespace lcr
