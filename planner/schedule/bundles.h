#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/check/typed_recipe.h"
#include "planner/plan/plan.h"
#include "planner/schedule/handling.h"
#include "planner/schedule/jobs.h"

namespace lcr {

// What the stored tensors of a checkpoint are to the modules that view them.
struct Viewers {
  std::vector<uint32_t> first;  // the first module that views the tensor; none_id: none
  std::vector<uint32_t>
      instance;  // of the graph, that all its viewers and its name lie in; none_id: there is none such
};
Viewers find_viewers(const ModelGraph& graph, const Checkpoint& checkpoint);

// The stored tensors that a copied or shared module brings into the output of its instance: those that it is the first
// to view.
std::vector<uint32_t> copied_tensors(const ModelGraph& graph, uint32_t module, Handling handling,
                                     const Viewers& viewers);

// One thing that becomes a job, or one expert of a job.
struct Bundle {
  std::vector<std::string> modules, tensors, points;  // relative, with `{e}`
  int64_t expert = -1;
  uint32_t assignment = 0;
  Handling handling = Handling::Copied;
  Folding folding = Folding::None;
  uint32_t origin = 0;  // see JobOrigin
  bool stored = false;
};

// `name` relative to the instance with the last segment that is the expert's number replaced by `{e}`; unchanged (and
// `expert` set to -1) when there is none.
std::string numbered(std::string_view relative, int64_t& expert);

// What a bundle is made with: keys of the plan's maps, empty where nothing of the kind is done.
struct BundleKeys {
  std::string precision, stack, prune, cache;
  bool dequantize = false;
};

// Collects bundles into jobs: neighbours by number that are alike otherwise become one job with experts.
class JobList {
 public:
  void add(const Bundle& bundle, const BundleKeys& keys);
  std::vector<Job> jobs;
  std::vector<JobOrigin> origins;

 private:
  std::vector<std::pair<std::string, size_t>> open_;  // sorted by key
};

}  // namespace lcr
