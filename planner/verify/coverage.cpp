#include "planner/verify/coverage.h"

#include <unordered_set>

#include <fmt/format.h>

#include "planner/plan/layout.h"
#include "planner/plan/names.h"

namespace lcr {
namespace {

class Coverage {
 public:
  Coverage(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint, const NameIndex& names, size_t most)
      : plan_(plan),
        graph_(graph),
        checkpoint_(checkpoint),
        most_(most),
        names_(names),
        made_(graph.modules.size(), 0),
        copied_(checkpoint.tensors.size(), 0),
        points_(graph.points.size(), 0),
        untied_(plan.untied.begin(), plan.untied.end()) {}

  std::vector<std::string> run() {
    for (const Unit& unit : plan_.units)
      for (const std::string& instance : unit.instances)
        for (const Job& job : unit.jobs) count(job, instance);
    for (uint32_t i = 0; i < graph_.modules.size(); ++i)
      if (graph_.modules[i].kind != ModuleKind::Opaque) check_module(i);
    for (const PlannedExport& exported : plan_.exports) check_caches(exported);
    for (const Passed& passed : graph_.passed) {
      const std::string_view name = checkpoint_.tensors[passed.tensor].name;
      const bool made = passed.module != none_id && made_[passed.module] > 0;
      if (passed.drop)
        require(copied_[passed.tensor] == 0, "`{}` is copied, and the description drops it", name);
      else if (made)
        require(copied_[passed.tensor] == 0, "`{}` is copied although its module is written anew", name);
      else if (passed.module != none_id)
        require(copied_[passed.tensor] == 1, "`{}` is not copied", name);
    }
    return std::move(problems_);
  }

 private:
  template <class... Values>
  void require(bool holds, fmt::format_string<Values...> text, Values&&... values) {
    if (!holds && problems_.size() < most_) problems_.push_back(fmt::format(text, std::forward<Values>(values)...));
  }

  void count(const Job& job, const std::string& instance) {
    for (int64_t n = 0; n < times(job); ++n) {
      const int64_t expert = job.experts > 0 ? job.first_expert + n : -1;
      for (const std::string& relative : job.points) count_point(job, name_in(instance, relative));
      for (const std::string& relative : job.modules) count_module(job, name_in(instance, relative, expert));
      for (const std::string& relative : job.tensors) {
        const std::string name = name_in(instance, relative, expert);
        const int64_t tensor = checkpoint_.find(name);
        require(tensor >= 0, "the model has no tensor `{}`", name);
        if (tensor >= 0) require(++copied_[size_t(tensor)] == 1, "`{}` is copied twice", name);
      }
    }
  }

  void count_point(const Job& job, const std::string& path) {
    const int64_t index = names_.point(path);
    require(index >= 0, "the model has no attention point `{}`", path);
    if (index < 0) return;
    require(++points_[size_t(index)] == 1, "the scales of `{}` are made twice", path);
    const Format& format = plan_.caches.at(job.cache).format;
    require(!format.dynamic && (format.per == Per::Tensor || format.per == Per::Head),
            "the format of `{}` stores no scales", path);
  }

  // Readers take a scale that is missing for 1.
  void check_caches(const PlannedExport& exported) {
    const auto is_static = [&](const std::string& key) { return !key.empty() && !plan_.caches.at(key).format.dynamic; };
    for (size_t p = 0; p < graph_.points.size(); ++p) {
      const bool queries = graph_.points[p].kind == AttentionPoint::Kind::Queries;
      require(points_[p] == 1 || !is_static(queries ? exported.queries : exported.cache), "the scale of `{}` is missing",
              graph_.points[p].path);
    }
  }

  // Also whether the precision fits the module: what lays out the files relies on it.
  void count_module(const Job& job, const std::string& path) {
    const int64_t index = names_.module(path);
    require(index >= 0, "the model has no module `{}`", path);
    if (index < 0) return;
    const Module& module = graph_.modules[size_t(index)];
    require(module.kind != ModuleKind::Opaque || (module.source_codec != 0 && job.precision.empty()),
            "`{}` can only be copied", path);
    require(++made_[size_t(index)] == 1, "`{}` is made twice", path);
    if (job.precision.empty() || module.kind == ModuleKind::Opaque) return;
    const Format& weights = *plan_.precisions.at(job.precision).weights;
    require(module.out > 0 && module.in > 0 && graph_.declaration(module).tensors.size() == module.tensor_count,
            "`{}` has no matrix", path);
    require(weights.per != Per::Group || (weights.group > 0 && module.in % weights.group == 0),
            "groups of {} do not divide the {} inputs of `{}`", weights.group, module.in, path);
    require(weights.per != Per::Block || (weights.block_rows > 0 && weights.block_columns > 0),
            "the blocks of `{}` are empty", path);
  }

  // A module comes into the output once: made anew, or by all of its stored tensors.
  void check_module(uint32_t index) {
    const Module& module = graph_.modules[index];
    const bool shares = module.tied_to >= 0 && !untied_.contains(std::string(module.path));
    if (made_[index] > 0) require(!shares, "`{}` is made although its weight is another module's", module.path);
    for (uint32_t t = 0; t < module.tensor_count; ++t) {
      const TensorView& view = graph_.tensors[module.first_tensor + t];
      const bool weight = graph_.declaration(module).tensors[t].name == "weight";
      if (!view.present()) {
        require(made_[index] > 0 || shares || !(weight && module.tied_to >= 0), "`{}` is untied and not written",
                module.path);
        continue;
      }
      for (uint32_t source : view.sources) {
        const std::string_view name = checkpoint_.tensors[source].name;
        if (made_[index] > 0 || (shares && weight))
          require(copied_[source] == 0, "`{}` is copied although `{}` is written anew", name, module.path);
        else
          require(copied_[source] == 1, "`{}` is neither made nor copied: `{}` is missing", module.path, name);
      }
    }
  }

  const Plan& plan_;
  const ModelGraph& graph_;
  const Checkpoint& checkpoint_;
  size_t most_;
  const NameIndex& names_;
  std::vector<uint32_t> made_, copied_, points_;
  std::unordered_set<std::string> untied_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> coverage_problems(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint,
                                           const NameIndex& names, size_t most) {
  return Coverage(plan, graph, checkpoint, names, most).run();
}

}  // namespace lcr
