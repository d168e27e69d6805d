#include "planner/schedule/bundles.h"

#include <algorithm>

#include "planner/plan/names.h"

namespace lcr {

Viewers find_viewers(const ModelGraph& graph, const Checkpoint& checkpoint) {
  Viewers viewers;
  viewers.first.assign(checkpoint.tensors.size(), none_id);
  viewers.instance.assign(checkpoint.tensors.size(), none_id);
  for (uint32_t i = 0; i < graph.modules.size(); ++i) {
    const Module& module = graph.modules[i];
    for (uint32_t t = 0; t < module.tensor_count; ++t) {
      for (uint32_t source : graph.tensors[module.first_tensor + t].sources) {
        if (viewers.first[source] == none_id) {
          viewers.first[source] = i;
          const bool below = lies_below(checkpoint.tensors[source].name, graph.instances[module.instance].path);
          viewers.instance[source] = below ? module.instance : none_id;
        } else if (viewers.instance[source] != module.instance) {
          viewers.instance[source] = none_id;
        }
      }
    }
  }
  return viewers;
}

std::vector<uint32_t> copied_tensors(const ModelGraph& graph, uint32_t index, Handling handling,
                                     const Viewers& viewers) {
  std::vector<uint32_t> tensors;
  if (handling != Handling::Copied && handling != Handling::Shared) return tensors;
  const Module& module = graph.modules[index];
  if (module.tensor_count == 0) return tensors;
  const auto& declared = graph.declaration(module).tensors;
  for (uint32_t t = 0; t < module.tensor_count; ++t) {
    if (handling == Handling::Shared && declared[t].name == "weight") continue;
    for (uint32_t source : graph.tensors[module.first_tensor + t].sources)
      if (viewers.first[source] == index && viewers.instance[source] == module.instance) tensors.push_back(source);
  }
  return tensors;
}

std::string numbered(std::string_view relative, int64_t& expert) {
  const std::string number = std::to_string(expert);
  for (size_t end = relative.size(); expert >= 0 && end > 0;) {
    const size_t dot = relative.rfind('.', end - 1);
    const size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
    if (relative.substr(begin, end - begin) == number)
      return std::string(relative.substr(0, begin)) + "{e}" + std::string(relative.substr(end));
    if (begin == 0) break;
    end = begin - 1;
  }
  expert = -1;
  return std::string(relative);
}

void JobList::add(const Bundle& bundle, const BundleKeys& keys) {
  // Experts that differ in names' numbers alone share a key; a gap in the numbers starts another job.
  std::string key = std::to_string(bundle.assignment) + (bundle.stored ? "s" : "m");
  for (const auto* names : {&bundle.modules, &bundle.tensors, &bundle.points})
    for (const std::string& name : *names) key.append("\n").append(name);

  const auto found = std::lower_bound(open_.begin(), open_.end(), key,
                                      [](const auto& a, const std::string& b) { return a.first < b; });
  const bool known = found != open_.end() && found->first == key;
  if (known && bundle.expert >= 0) {
    Job& job = jobs[found->second];
    if (job.first_expert + job.experts == bundle.expert) {
      ++job.experts;
      origins[found->second].first.push_back(bundle.origin);
      return;
    }
  }
  if (known) {
    found->second = jobs.size();
  } else {
    open_.emplace(found, std::move(key), jobs.size());
  }
  Job job;
  job.modules = bundle.modules;
  job.tensors = bundle.tensors;
  job.points = bundle.points;
  job.first_expert = std::max<int64_t>(0, bundle.expert);
  job.experts = bundle.expert >= 0 ? 1 : 0;
  job.precision = keys.precision;
  job.stack = keys.stack;
  job.prune = keys.prune;
  job.cache = keys.cache;
  job.dequantize = keys.dequantize;
  job.folding = bundle.folding;
  jobs.push_back(std::move(job));
  origins.push_back({{bundle.origin}, bundle.stored});
}

}  // namespace lcr
