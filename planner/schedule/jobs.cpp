#include "planner/schedule/jobs.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>
#include <xxhash.h>

#include "compiler/diagnostics/check.h"
#include "compiler/language/format_rules.h"
#include "planner/plan/expert_cut.h"
#include "planner/plan/names.h"
#include "planner/schedule/bundles.h"
#include "planner/schedule/targets.h"

namespace lcr {
namespace {

class Grouper {
 public:
  Grouper(const TypedRecipe& typed, const ModelGraph& graph, const Checkpoint& checkpoint,
          const std::vector<Handling>& handling, const Rewrites& rewrites, Plan& plan)
      : typed_(typed),
        graph_(graph),
        checkpoint_(checkpoint),
        handling_(handling),
        rewrites_(rewrites),
        plan_(plan),
        viewers_(find_viewers(graph, checkpoint)),
        siblings_(graph.modules.size(), none_id) {
    grouping_.modules.resize(graph.instances.size());
    grouping_.unit.resize(graph.instances.size());
    grouping_.place.resize(graph.instances.size());
    for (uint32_t i = 0; i < graph.modules.size(); ++i)
      if (graph.modules[i].kind != ModuleKind::Opaque || handling[i] == Handling::Dense)
        grouping_.modules[graph.modules[i].instance].push_back(i);
    for (uint32_t g = 0; g < graph.fused.size(); ++g)
      for (uint32_t member : graph.fused[g].members) siblings_[member] = g;
    points_.resize(graph.instances.size());
    for (uint32_t p = 0; p < graph.points.size(); ++p) points_[graph.points[p].instance].push_back(p);
    name_assignments();
    name_caches();
  }

  Grouping run() {
    std::unordered_map<uint64_t, uint32_t> units;
    std::map<std::string, int> numbers;
    for (uint32_t i = 0; i < graph_.instances.size(); ++i) {
      const Instance& instance = graph_.instances[i];
      const auto [entry, added] = units.emplace(signature(i), uint32_t(plan_.units.size()));
      if (added) {
        const std::string& name = graph_.templates[instance.id].name;
        plan_.units.emplace_back().name = i == 0 ? "model" : fmt::format("{}.{}", name, numbers[name]++);
        JobList list = jobs_of(i);
        plan_.units.back().jobs = std::move(list.jobs);
        grouping_.origins.push_back(std::move(list.origins));
      }
      grouping_.unit[i] = entry->second;
      auto& instances = plan_.units[entry->second].instances;
      grouping_.place[i] = uint32_t(instances.size());
      instances.push_back(instance.path);
    }
    return std::move(grouping_);
  }

 private:
  // Opaque modules matter only when they are dequantized: else their tensors are copied by name.
  const Assignment& assignment_of(uint32_t module) const { return typed_.assignments[typed_.of_module[module]]; }

  // Only what some module is solved with enters the plan.
  void name_assignments() {
    keys_.resize(typed_.assignments.size());
    std::vector<bool> used(typed_.assignments.size());
    for (size_t i = 0; i < handling_.size(); ++i)
      if (handling_[i] == Handling::Solved) used[typed_.of_module[i]] = true;
    prune_keys_.resize(typed_.assignments.size());
    for (size_t i = 0; i < keys_.size(); ++i) {
      const Assignment& assignment = typed_.assignments[i];
      if (assignment.pruner) {
        Pruning pruning{*assignment.pruner, 0, 0, 0};
        if (assignment.amount)
          pruning = {*assignment.pruner, assignment.amount->share.value_or(0), assignment.amount->keep,
                     assignment.amount->of};
        prune_keys_[i] = key_for(plan_.prunings, pruning.algorithm.name, pruning,
                                 [](const Pruning& a, const Pruning& b) { return a == b; });
      }
      if (!used[i]) continue;
      LCR_CHECK(assignment.precision && assignment.precision->weights && assignment.stack,
                "a solved module without precision or stack");
      keys_[i].first = key_for(plan_.precisions, assignment.precision->name, *assignment.precision,
                               [](const Precision& a, const Precision& b) { return a.same(b); });
      keys_[i].second = key_for(plan_.stacks, assignment.stack->solver.name, *assignment.stack,
                                [](const Stack& a, const Stack& b) { return a == b; });
    }
  }

  // All of them enter the plan: the configuration names the format also where nothing is stored.
  void name_caches() {
    cache_keys_.resize(typed_.assignments.size());
    for (uint32_t p = 0; p < graph_.points.size(); ++p) {
      const uint32_t index = typed_.of_point[p];
      const Assignment& assignment = typed_.assignments[index];
      if (!assignment.cache || !cache_keys_[index].empty()) continue;
      LCR_CHECK(assignment.stack.has_value(), "a quantized cache without a stack");
      const Format& format = *assignment.cache;
      cache_keys_[index] =
          key_for(plan_.caches, element_name(format.element, format.bits), CacheFormat{format, assignment.stack->solver},
                  [](const CacheFormat& a, const CacheFormat& b) { return a == b; });
    }
  }

  // Equal for instances whose jobs are the same: everything that jobs_of() and the sizes of tensors depend on.
  uint64_t signature(uint32_t instance) const {
    const std::string& path = graph_.instances[instance].path;
    std::vector<uint64_t> facts{graph_.instances[instance].id, instance == 0 ? 1u : 0u};
    std::string names;
    for (uint32_t index : grouping_.modules[instance]) {
      const Module& module = graph_.modules[index];
      facts.insert(facts.end(), {module.owner, module.local, uint64_t(uint32_t(module.expert)),
                                 uint64_t(handling_[index]), typed_.of_module[index], module.tensor_count,
                                 uint64_t(folding_of(index))});
      names.append(relative_to(path, module.path)).append("\n");
      for (uint32_t t = 0; t < module.tensor_count; ++t) {
        const TensorView& view = graph_.tensors[module.first_tensor + t];
        facts.insert(facts.end(), {uint64_t(view.codec), uint64_t(view.dtype), view.sources.size(), view.steps.size()});
      }
      for (uint32_t tensor : copied_tensors(graph_, index, handling_[index], viewers_)) {
        const StoredTensor& stored = checkpoint_.tensors[tensor];
        facts.insert(facts.end(), {uint64_t(stored.dtype), stored.bytes()});
        names.append(relative_to(path, stored.name)).append("\n");
      }
    }
    for (uint32_t point : points_[instance]) facts.push_back(typed_.of_point[point]);
    const uint64_t seed = XXH3_64bits(names.data(), names.size());
    return XXH3_64bits_withSeed(facts.data(), facts.size() * sizeof(uint64_t), seed);
  }

  Folding folding_of(uint32_t module) const {
    if (!rewrites_.folded(module)) return Folding::None;
    return rewrites_.folds[module].mixes_rows() ? Folding::Rows : Folding::Columns;
  }

  // Modules that share a global scale with this one, itself included, in the order of the server's merged layer.
  std::vector<uint32_t> solved_with(uint32_t index) const {
    const Assignment& assignment = assignment_of(index);
    if (handling_[index] != Handling::Solved || siblings_[index] == none_id || !assignment.precision->weights->global)
      return {index};
    std::vector<uint32_t> members;
    for (uint32_t member : graph_.fused[siblings_[index]].members) {
      const bool alike = handling_[member] == Handling::Solved && typed_.of_module[member] == typed_.of_module[index] &&
                         graph_.modules[member].instance == graph_.modules[index].instance &&
                         graph_.modules[member].expert == graph_.modules[index].expert;
      if (alike) members.push_back(member);
    }
    return members;
  }

  void add(JobList& list, const Bundle& bundle) const {
    BundleKeys keys;
    if (bundle.handling == Handling::Solved) std::tie(keys.precision, keys.stack) = keys_[bundle.assignment];
    if (!bundle.modules.empty()) {
      const auto& pruner = typed_.assignments[bundle.assignment].pruner;
      if (pruner && !removes_experts(*pruner)) keys.prune = prune_keys_[bundle.assignment];
      keys.dequantize = typed_.assignments[bundle.assignment].dequantize;
    }
    if (!bundle.points.empty()) keys.cache = cache_keys_[bundle.assignment];
    list.add(bundle, keys);
  }

  // A job (or one expert of it) that makes modules anew, its siblings included; marks them done.
  void add_written(JobList& list, const std::string& path, uint32_t index, uint32_t offset,
                   std::vector<bool>& done) const {
    Bundle bundle;
    bundle.assignment = typed_.of_module[index];
    bundle.handling = handling_[index];
    bundle.origin = offset;
    for (uint32_t member : solved_with(index)) {
      done[member - grouping_.modules[graph_.modules[index].instance].front()] = true;
      bundle.expert = graph_.modules[member].expert;
      bundle.folding = std::max(bundle.folding, folding_of(member));
      bundle.modules.push_back(numbered(relative_to(path, graph_.modules[member].path), bundle.expert));
    }
    add(list, bundle);
  }

  // A job that copies what a module stores. A tensor that all experts share belongs to the first of them and has no
  // number.
  void add_copied(JobList& list, const std::string& path, uint32_t index, uint32_t offset) const {
    Bundle bundle;
    bundle.assignment = typed_.of_module[index];
    bundle.handling = Handling::Copied;
    bundle.origin = offset;
    bundle.expert = graph_.modules[index].expert;
    for (uint32_t tensor : copied_tensors(graph_, index, handling_[index], viewers_)) {
      const std::string_view name = checkpoint_.tensors[tensor].name;
      int64_t expert = name.starts_with(graph_.modules[index].path) ? int64_t(graph_.modules[index].expert) : -1;
      bundle.tensors.push_back(numbered(relative_to(path, name), expert));
      bundle.expert = std::min(bundle.expert, expert);
    }
    if (!bundle.tensors.empty()) add(list, bundle);
  }

  // What stands before the attend in the template: its file takes the scales, too.
  uint32_t module_before(uint32_t instance, uint32_t node) const {
    const Template& owner = graph_.templates[graph_.instances[instance].id];
    const auto& modules = grouping_.modules[instance];
    for (uint32_t n = node; n-- > 0;) {
      if (owner.nodes[n].module == none_id) continue;
      for (uint32_t offset = 0; offset < modules.size(); ++offset) {
        const Module& module = graph_.modules[modules[offset]];
        if (module.owner == graph_.instances[instance].id && module.local == owner.nodes[n].module) return offset;
      }
    }
    return 0;
  }

  // Points of one attend that one rule gave their scales. Scales at run time are no job.
  void add_points(JobList& list, uint32_t instance) const {
    std::vector<std::pair<uint32_t, Bundle>> bundles;  // by attend
    for (uint32_t p : points_[instance]) {
      const AttentionPoint& point = graph_.points[p];
      const Assignment& assignment = typed_.assignments[typed_.of_point[p]];
      if (!assignment.cache || assignment.cache->dynamic) continue;
      const auto found = std::find_if(bundles.begin(), bundles.end(), [&](const auto& one) {
        return one.first == point.node && one.second.assignment == typed_.of_point[p];
      });
      Bundle& bundle = found != bundles.end() ? found->second : bundles.emplace_back(point.node, Bundle{}).second;
      bundle.assignment = typed_.of_point[p];
      bundle.origin = module_before(instance, point.node);
      bundle.points.emplace_back(relative_to(graph_.instances[instance].path, point.path));
    }
    for (const auto& [node, bundle] : bundles) add(list, bundle);
  }

  // The scales of caches are no module's; without the configuration that says so nobody would read them.
  bool is_copied(const Passed& passed) const {
    if (passed.drop) return false;
    return passed.module == none_id ? typed_.keeps_source_config : handling_[passed.module] == Handling::Copied;
  }

  // Tensors that the description only copies, and those that no instance holds alone: by runs of numbers.
  void add_loose(JobList& list) const {
    std::vector<uint32_t> loose;
    for (const Passed& passed : graph_.passed)
      if (is_copied(passed)) loose.push_back(passed.tensor);
    for (uint32_t tensor = 0; tensor < checkpoint_.tensors.size(); ++tensor) {
      const uint32_t first = viewers_.first[tensor];
      if (first == none_id || viewers_.instance[tensor] != none_id) continue;
      if (handling_[first] == Handling::Copied) loose.push_back(tensor);
    }
    std::vector<std::pair<int64_t, Bundle>> bundles;
    for (uint32_t tensor : loose) {
      Bundle bundle;
      bundle.stored = true;
      bundle.origin = tensor;
      const std::string_view name = checkpoint_.tensors[tensor].name;
      bundle.expert = last_number(name);
      bundle.tensors.push_back(numbered(name, bundle.expert));
      bundles.emplace_back(bundle.expert, std::move(bundle));
    }
    std::stable_sort(bundles.begin(), bundles.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [number, bundle] : bundles) add(list, bundle);
  }

  // The last segment of a name that is a number; -1 when there is none.
  static int64_t last_number(std::string_view name) {
    for (size_t end = name.size(); end > 0;) {
      const size_t dot = name.rfind('.', end - 1);
      const size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
      const std::string_view segment = name.substr(begin, end - begin);
      const bool digits =
          !segment.empty() && segment.size() < 7 && segment.find_first_not_of("0123456789") == std::string_view::npos;
      if (digits && (segment == "0" || segment[0] != '0')) return std::stoll(std::string(segment));
      if (begin == 0) break;
      end = begin - 1;
    }
    return -1;
  }

  // In the order of the graph's modules.
  JobList jobs_of(uint32_t instance) const {
    JobList list;
    const std::string& path = graph_.instances[instance].path;
    const auto& modules = grouping_.modules[instance];
    std::vector<bool> done(modules.empty() ? 0 : modules.back() - modules.front() + 1);
    for (uint32_t offset = 0; offset < modules.size(); ++offset) {
      const uint32_t index = modules[offset];
      if (done[index - modules.front()]) continue;
      if (handling_[index] == Handling::Solved || handling_[index] == Handling::Dense) {
        add_written(list, path, index, offset, done);
      } else {
        add_copied(list, path, index, offset);
      }
    }
    add_points(list, instance);
    if (instance == 0) add_loose(list);
    return list;
  }

  const TypedRecipe& typed_;
  const ModelGraph& graph_;
  const Checkpoint& checkpoint_;
  const std::vector<Handling>& handling_;
  const Rewrites& rewrites_;
  Plan& plan_;
  Viewers viewers_;
  std::vector<uint32_t> siblings_;                         // module -> FusedGroup
  std::vector<std::pair<std::string, std::string>> keys_;  // assignment -> precision, stack
  std::vector<std::string> prune_keys_;                    // assignment -> pruning
  std::vector<std::string> cache_keys_;                    // assignment -> cache
  std::vector<std::vector<uint32_t>> points_;              // of every instance
  Grouping grouping_;
};

}  // namespace

Grouping group_jobs(const TypedRecipe& typed, const ModelGraph& graph, const Checkpoint& checkpoint,
                    const std::vector<Handling>& handling, const Rewrites& rewrites, Plan& plan) {
  return Grouper(typed, graph, checkpoint, handling, rewrites, plan).run();
}

}  // namespace lcr
