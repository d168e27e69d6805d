#include "planner/schedule/make_plan.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "compiler/check/rewrites.h"
#include "compiler/diagnostics/check.h"
#include "compiler/diagnostics/codes/planning.h"
#include "planner/plan/layout.h"
#include "planner/plan/names.h"
#include "planner/plan/stale.h"
#include "planner/schedule/available.h"
#include "planner/schedule/budget.h"
#include "planner/schedule/calibrate.h"
#include "planner/schedule/choose.h"
#include "planner/schedule/handling.h"
#include "planner/schedule/jobs.h"
#include "planner/schedule/online.h"
#include "planner/schedule/predict.h"
#include "planner/schedule/price_calibration.h"
#include "planner/schedule/shards.h"
#include "planner/schedule/targets.h"
#include "planner/schedule/transforms.h"
#include "planner/schedule/without_experts.h"
#include "planner/verify/verify.h"

namespace lcr {
namespace {

namespace fs = std::filesystem;

// `--out` is the folder of the only export, the parent of several.
std::string folder_of(const Export& exported, size_t exports, const std::string& out) {
  if (out.empty()) return exported.dir;
  if (exports == 1) return out;
  const fs::path dir = fs::path(exported.dir).lexically_normal();
  return (fs::path(out) / (dir.has_filename() ? dir.filename() : dir.parent_path().filename())).generic_string();
}

// The source is never written to, and no export overwrites another.
bool plan_exports(const Recipe& recipe, const Checkpoint& checkpoint, const PlanOptions& options, Plan& plan,
                  Diagnostics& diagnostics) {
  LCR_CHECK(!recipe.exports.empty(), "a recipe without an export was bound");
  std::set<std::string> folders;
  if (!checkpoint.path.empty()) folders.insert(path_in_plan(checkpoint.path, options.plan_folder));
  for (const Export& exported : recipe.exports) {
    PlannedExport planned;
    planned.format = exported.format == Export::Format::Dense ? "dense" : "compressed_tensors";
    planned.dir = path_in_plan(folder_of(exported, recipe.exports.size(), options.out), options.plan_folder);
    planned.dtype = exported.dtype.value_or("");
    if (!folders.insert(planned.dir).second) {
      diagnostics
          .report(codes::L5005, exported.span, "an export writes to the model's own folder or to another export's")
          .help("give each export a `dir` of its own, or `--out DIR`");
      return false;
    }
    plan.exports.push_back(std::move(planned));
  }
  return true;
}

void describe_untied(const TypedRecipe& typed, const ModelGraph& graph, Plan& plan) {
  for (size_t i = 0; i < graph.ties.size(); ++i)
    if (i < typed.untied.size() && typed.untied[i]) plan.untied.emplace_back(graph.modules[graph.ties[i].module].path);
}

// What cannot be read is reported by the run: a plan may be made where the data are not.
std::vector<std::string> data_files(const Recipe& recipe) {
  std::vector<std::string> files;
  if (!recipe.calibration) return files;
  for (const DataSource& source : recipe.calibration->data) {
    files.push_back(source.path);
    if (source.kind == DataSource::Kind::Chat && source.template_ != "model" && !source.template_.empty())
      files.push_back(source.template_);
  }
  return files;
}

// vLLM has no place for the matrix of queries and keys; where neither is rounded the rotation is for nothing, and `check`
// refuses it where one is.
std::vector<Rotation> rotations_of(const Recipe& recipe, const Rewrites& rewrites) {
  std::vector<Rotation> rotations = rewrites.rotations;
  const bool vllm = std::any_of(recipe.serve.begin(), recipe.serve.end(), [](const Serve& one) { return one.server == "vllm"; });
  if (vllm) std::erase_if(rotations, [](const Rotation& one) { return one.space == "R3"; });
  return rotations;
}

// The files' exact sizes, from their layouts.
ExportLayouts measure_exports(const ModelGraph& graph, const Checkpoint& checkpoint, const NameIndex& names,
                              Plan& plan) {
  ExportLayouts layouts;
  for (size_t i = 0; i < plan.exports.size(); ++i) {
    layouts.push_back(layout_outputs(plan, i, graph, checkpoint, names));
    PlannedExport& exported = plan.exports[i];
    for (size_t s = 0; s < exported.shards.size(); ++s) {
      exported.shards[s].bytes = int64_t(layouts[i][s].bytes);
      exported.shards[s].tensors = int64_t(layouts[i][s].tensors.size());
      exported.bytes += exported.shards[s].bytes;
    }
  }
  return layouts;
}

PlanWork work_of_all(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint, const NameIndex& names) {
  PlanWork work(plan.units.size());
  for (uint32_t unit = 0; unit < plan.units.size(); ++unit)
    for (uint32_t job = 0; job < plan.units[unit].jobs.size(); ++job)
      work[unit].push_back(work_of(plan, unit, job, graph, checkpoint, names));
  return work;
}

Plan start(const Recipe& recipe, const ModelGraph& graph, const Checkpoint& checkpoint, const Sources& sources,
           const PlanOptions& options) {
  Plan plan;
  plan.tool = "lcr " LCR_VERSION;
  plan.recipe = recipe.name;
  plan.model = path_in_plan(checkpoint.path, options.plan_folder);
  plan.architecture = graph.architecture;
  plan.architecture_file = path_in_plan(options.architecture_file, options.plan_folder);
  plan.origins = origins_of(sources, checkpoint,
                            {options.plan_folder, recipe.file, options.machine_file, options.profile_file,
                             options.architecture_file, options.profile.hash, data_files(recipe)});
  return plan;
}

// `checkpoint` and `graph`: of the model as its files will have it.
std::optional<Plan> plan_for(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, const Checkpoint& checkpoint,
                             const Sources& sources, const PlanOptions& options, Diagnostics& diagnostics) {
  Plan plan = start(recipe, graph, checkpoint, sources, options);
  if (!plan_exports(recipe, checkpoint, options, plan, diagnostics)) return std::nullopt;
  Diagnostics said;  // `check` has found the same
  const auto rewrites = find_rewrites(recipe, typed, graph, said);
  LCR_CHECK(rewrites.has_value(), "a recipe whose rewrites are refused was checked");
  const auto handling = handle_modules(recipe, typed, graph, checkpoint, *rewrites, diagnostics);
  if (!handling) return std::nullopt;
  const ReadSchedule schedule = read_schedule(recipe, options);

  Grouping grouping = group_jobs(typed, graph, checkpoint, *handling, *rewrites, plan);
  plan.rotations = rotations_of(recipe, *rewrites);
  describe_untied(typed, graph, plan);
  const NameIndex names(graph, checkpoint);
  plan_calibration(recipe, typed, graph, *rewrites, names, options.plan_folder, plan);
  const std::vector<TransformGroupText> online = plan_online(graph, plan, grouping);
  const PlanWork work = work_of_all(plan, graph, checkpoint, names);
  for (size_t i = 0; i < plan.exports.size(); ++i)
    cut_shards(plan, grouping, graph, checkpoint, names, recipe.exports[i].shard, plan.exports[i]);
  if (!fill_targets(recipe, typed, graph, plan, diagnostics)) return std::nullopt;
  fill_transforms(*rewrites, graph, online, plan);
  const ExportLayouts layouts = measure_exports(graph, checkpoint, names, plan);

  const auto setting = settle(schedule, work, options.profile, plan, diagnostics);
  if (!setting) return std::nullopt;
  apply(*setting, work, plan);
  predict(work, *setting, schedule.limits, options.profile, plan);
  if (!price_calibration(schedule, graph, names, plan, diagnostics)) return std::nullopt;

  // The verifier knows nothing of how plans are made: what it finds here is a defect of this program.
  const auto problems = verify_plan(plan, graph, checkpoint, names, layouts);
  LCR_CHECK(problems.empty(), problems.empty() ? "" : problems.front());
  return plan;
}

}  // namespace

std::optional<Plan> make_plan(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                              const Checkpoint& checkpoint, const Sources& sources, const PlanOptions& options,
                              Diagnostics& diagnostics) {
  if (!available(recipe, typed, diagnostics)) return std::nullopt;
  if (!removes_experts(typed)) return plan_for(recipe, typed, graph, checkpoint, sources, options, diagnostics);
  const auto reduced = without_experts(recipe, typed, graph, checkpoint, {options.architecture_file}, diagnostics);
  if (!reduced) return std::nullopt;
  return plan_for(recipe, reduced->typed, reduced->model.graph, reduced->model.checkpoint, sources, options, diagnostics);
}

}  // namespace lcr
