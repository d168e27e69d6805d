#include "planner/plan/structure.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "compiler/language/encoding.h"
#include "compiler/language/hadamard_sizes.h"
#include "planner/plan/layout.h"
#include "planner/plan/names.h"

namespace lcr {
namespace {

class Structure {
 public:
  Structure(const Plan& plan, size_t most) : plan_(plan), most_(most) {}

  std::vector<std::string> run() {
    settings();
    for (const Unit& unit : plan_.units) check_unit(unit);
    peaks();
    if (count_steps())
      for (const PlannedExport& exported : plan_.exports) check_export(exported);
    totals();
    return std::move(problems_);
  }

 private:
  template <class... Values>
  void require(bool holds, fmt::format_string<Values...> text, Values&&... values) {
    if (!holds && problems_.size() < most_) problems_.push_back(fmt::format(text, std::forward<Values>(values)...));
  }

  void settings() {
    require(plan_.device == "cpu" || plan_.device == "cuda", "there is no device `{}`", plan_.device);
    require(plan_.workers >= 1, "{} workers make nothing", plan_.workers);
    require(plan_.tile_bytes >= 1, "tiles of {} bytes hold nothing", plan_.tile_bytes);
    require(plan_.fixed_bytes >= 0, "a number of bytes is negative");
    require(!plan_.exports.empty(), "nothing is exported");
    const bool stored = std::any_of(plan_.exports.begin(), plan_.exports.end(),
                                    [](const PlannedExport& e) { return e.format == "compressed_tensors"; });
    for (const auto& [name, precision] : plan_.precisions) {
      const auto why = stored ? unstorable(precision) : std::nullopt;
      require(precision.weights.has_value(), "the precision `{}` has no weights", name);
      require(!why, "the precision `{}` cannot be stored: {}", name, why.value_or(""));
    }
    rotations();
    if (plan_.calibration) check_calibration(*plan_.calibration);
    std::set<std::string_view> paths;
    for (const Unit& unit : plan_.units) {
      require(!unit.instances.empty(), "the unit `{}` stands nowhere", unit.name);
      for (const std::string& path : unit.instances)
        require(paths.insert(path).second, "two units stand at `{}`", path);
    }
  }

  void rotations() {
    std::set<std::string_view> spaces;
    bool folded = false;
    for (const Rotation& one : plan_.rotations) {
      require(std::set<std::string_view>{"R1", "R2", "R3", "R4"}.contains(one.space), "there is no space `{}`", one.space);
      require(spaces.insert(one.space).second, "`{}` is rotated twice", one.space);
      require(one.size >= 1, "the matrix of `{}` has {} rows", one.space, one.size);
      const bool hadamard = one.kind == "hadamard" || one.kind == "random_hadamard";
      require(hadamard || one.kind == "random" || one.kind == "learned", "there is no rotation `{}`", one.kind);
      require(!hadamard || has_hadamard(one.size), "no Hadamard matrix has {} rows", one.size);
      folded = folded || one.folded();
    }
    for (const Unit& unit : plan_.units)
      for (const Job& job : unit.jobs) {
        require(folded || job.folding == Folding::None, "a job of `{}` folds rotations that there are not", unit.name);
        require(job.folding != Folding::Rows || job.tile_rows == 0, "a job of `{}` mixes rows that it reads apart",
                unit.name);
      }
  }

  // Every calibrated job with something to solve stands in exactly one stage of its unit.
  void check_calibration(const PlannedCalibration& calibration) {
    for (const auto& [field, words] : std::initializer_list<std::pair<std::string_view, std::set<std::string_view>>>{
             {calibration.sequential, {"stage", "layer", "none"}},
             {calibration.route, {"every_expert", "top_k"}},
             {calibration.starved, {"refuse", "rtn"}},
             {calibration.stream, {"host", "device"}}})
      require(words.contains(field), "the calibration does not know `{}`", field);
    std::set<uint32_t> units;
    for (const UnitCalibration& one : calibration.units) {
      require(one.unit < plan_.units.size() && units.insert(one.unit).second,
              "a unit is calibrated twice or is not there");
      if (one.unit >= plan_.units.size()) continue;
      const auto& jobs = plan_.units[one.unit].jobs;
      std::vector<int> seen(jobs.size());
      for (const CalibrationStage& stage : one.stages)
        for (uint32_t job : stage.jobs) {
          require(job < jobs.size(), "a stage solves a job that is not there");
          if (job < jobs.size()) ++seen[job];
        }
      for (size_t j = 0; j < jobs.size(); ++j) {
        const bool solved =
            jobs[j].calibrated && (!jobs[j].precision.empty() || !jobs[j].prune.empty() || !jobs[j].points.empty());
        require(seen[j] == int(solved), "job {} of `{}` is solved {} times", j, plan_.units[one.unit].name, seen[j]);
      }
      for (const SmoothStep& step : one.smoothing)
        require(!step.writers.empty() && plan_.stacks.contains(step.stack) &&
                    step.transform < plan_.stacks.at(step.stack).transforms.size(),
                "a smoothing step of `{}` has no algorithm", plan_.units[one.unit].name);
    }
    require(units.size() == plan_.units.size(), "not every unit is calibrated");
  }

  void check_unit(const Unit& unit) {
    for (size_t i = 0; i < unit.jobs.size(); ++i) {
      const Job& job = unit.jobs[i];
      const std::string name = fmt::format("job {} of `{}`", i, unit.name);
      require(int(!job.modules.empty()) + int(!job.tensors.empty()) + int(!job.points.empty()) + int(!job.matrices.empty()) == 1,
              "{} has not one of modules, tensors, points and matrices", name);
      require(job.points.empty() ? job.cache.empty() : plan_.caches.contains(job.cache) && job.calibrated,
              "{} has an unknown cache `{}`", name, job.cache);
      for (const std::string& matrix : job.matrices)
        require(plan_.matrices.contains(matrix), "{} has an unknown matrix `{}`", name, matrix);
      require(job.precision.empty() == job.stack.empty(), "{} has a precision or a stack without the other", name);
      require(job.precision.empty() || plan_.precisions.contains(job.precision), "{} has an unknown precision `{}`",
              name, job.precision);
      require(job.stack.empty() || plan_.stacks.contains(job.stack), "{} has an unknown stack `{}`", name, job.stack);
      require(job.prune.empty() || plan_.prunings.contains(job.prune), "{} has an unknown pruning `{}`", name,
              job.prune);
      require(!job.calibrated || (plan_.calibration && job.tensors.empty()),
              "{} waits for a calibration that there is not", name);
      require(job.precision.empty() || !job.modules.empty(), "{} quantizes what is no module", name);
      require(job.experts >= 0 && job.first_expert >= 0 && (job.experts > 0 || job.first_expert == 0),
              "{} has no possible experts", name);
      require(job.tile_rows >= 0, "{} has tiles of {} rows", name, job.tile_rows);
      require(job.passes >= 1 && job.passes <= 3, "{} reads its rows {} times", name, job.passes);
      for (const auto* names : {&job.modules, &job.tensors})
        for (const std::string& one : *names)
          require((one.find("{e}") != std::string::npos) == (job.experts > 0),
                  "{} names `{}`, which does not fit its experts", name, one);
      check_operations(job, name);
    }
  }

  // Operations are listed so that each comes after its inputs, and takes in what they put out.
  void check_operations(const Job& job, const std::string& name) {
    const auto& operations = job.operations;
    require(operations.size() >= 2 && operations.front().kind == OperationKind::Read &&
                operations.back().kind == OperationKind::Write,
            "{} does not begin with `read` and end with `write`", name);
    for (size_t i = 0; i < operations.size(); ++i) {
      const Operation& operation = operations[i];
      const auto kind = name_of(operation.kind);
      require(operation.bytes_in >= 0 && operation.bytes_out >= 0 && operation.live >= 0 && operation.flops >= 0,
              "`{}` of {} has a negative size", kind, name);
      require(i == 0 || !operation.after.empty(), "`{}` of {} waits for nothing", kind, name);
      require(i == 0 || operation.kind != OperationKind::Read, "{} reads twice", name);
      require(i + 1 == operations.size() || operation.kind != OperationKind::Write, "{} writes before its end", name);
      int64_t in = 0;
      for (uint32_t before : operation.after) {
        require(before < i, "`{}` of {} comes before its input", kind, name);
        if (before < i) in += operations[before].bytes_out;
      }
      require(i == 0 || in == operation.bytes_in, "`{}` of {} takes {} bytes where its inputs make {}", kind, name,
              operation.bytes_in, in);
    }
  }

  // Sums in 128 bits: a damaged plan must not overflow its way through.
  void peaks() {
    int64_t host = 0, device = 0;
    for (const Unit& unit : plan_.units) {
      for (const Job& job : unit.jobs) {
        for (const Operation& operation : job.operations) {
          if (operation.place == PlaceKind::Host) host = std::max(host, operation.live);
          if (operation.place == PlaceKind::Device) device = std::max(device, operation.live);
        }
      }
    }
    __int128 host_peak = __int128(plan_.workers) * host + plan_.fixed_bytes;
    __int128 device_peak = __int128(plan_.workers) * device;
    if (plan_.calibration) {
      // It comes before the files are written.
      int64_t host_live = 0, device_live = 0;
      for (const UnitCalibration& unit : plan_.calibration->units) {
        host_live = std::max(host_live, unit.host_live);
        device_live = std::max(device_live, unit.device_live);
      }
      const bool on_device = plan_.calibration->stream == "device";
      const __int128 waiting = plan_.calibration->stream_bytes;
      // On a device what needs no calibration is written meanwhile.
      const __int128 writing = plan_.device == "cpu" ? 0 : __int128(plan_.workers) * host;
      host_peak = std::max(host_peak, plan_.fixed_bytes + writing + host_live + (on_device ? 0 : waiting));
      device_peak = plan_.device == "cpu" ? device_peak : device_peak + device_live + (on_device ? waiting : 0);
      host_peak = std::max(host_peak, plan_.fixed_bytes + __int128(plan_.calibration->learning_host));
      device_peak = std::max(device_peak, __int128(plan_.calibration->learning_device));
    }
    require(host_peak == plan_.predicted.host_peak,
            "the tiles in flight do not add up to the predicted host peak of {} bytes", plan_.predicted.host_peak);
    require(device_peak == plan_.predicted.device_peak,
            "the tiles in flight do not add up to the predicted device peak of {} bytes", plan_.predicted.device_peak);
    if (plan_.budget.host)
      require(host_peak <= *plan_.budget.host, "the host peak is above the budget of {} bytes", *plan_.budget.host);
    if (plan_.budget.device)
      require(device_peak + plan_.budget.reserve <= *plan_.budget.device,
              "the device peak is above the budget of {} bytes", *plan_.budget.device);
  }

  // Numbers every (unit, instance, job, expert); false when there are too many.
  bool count_steps() {
    __int128 steps = 0;
    for (const Unit& unit : plan_.units) {
      first_.emplace_back();
      __int128 of_instance = 0;
      for (const Job& job : unit.jobs) {
        first_.back().push_back(int64_t(std::min<__int128>(steps + of_instance, most_steps)));
        of_instance += times(job);
      }
      per_instance_.push_back(int64_t(std::min<__int128>(of_instance, most_steps)));
      steps += of_instance * __int128(unit.instances.size());
    }
    require(steps <= most_steps, "there are more than {} steps", most_steps);
    steps_ = int64_t(std::min<__int128>(steps, most_steps));
    return steps <= most_steps;
  }

  // Indices and experts of a run lead somewhere.
  bool in_range(const ShardRun& run) const {
    if (run.unit >= plan_.units.size() || run.instance >= plan_.units[run.unit].instances.size()) return false;
    const auto& jobs = plan_.units[run.unit].jobs;
    if (run.first_job > run.last_job || run.last_job >= jobs.size()) return false;
    for (uint32_t i = run.first_job; i <= run.last_job; ++i) {
      const Job& job = jobs[i];
      if (job.experts == 0 ? run.first_expert != 0 || run.last_expert != -1
                           : run.first_expert < job.first_expert || run.last_expert < run.first_expert ||
                                 run.last_expert >= job.first_expert + job.experts)
        return false;
    }
    return true;
  }

  void check_export(const PlannedExport& exported) {
    require(exported.format == "compressed_tensors" || exported.format == "dense", "there is no format `{}`",
            exported.format);
    require(exported.dtype.empty() || exported.dtype == "bf16" || exported.dtype == "f16" || exported.dtype == "f32",
            "`{}` is no dtype of an export", exported.dtype);
    require(!exported.dir.empty(), "an export has no folder");
    std::vector<bool> written(size_t(steps_), false);
    std::set<std::string_view> files;
    int64_t bytes = 0, done = 0;
    for (const OutputShard& shard : exported.shards) {
      require(files.insert(shard.file).second, "two files are called `{}`", shard.file);
      require(shard.file.ends_with(".safetensors") && shard.file.find('/') == std::string::npos,
              "`{}` is no name of an output file", shard.file);
      bytes += shard.bytes;
      for (const ShardRun& run : shard.runs) {
        const bool good = in_range(run);
        require(good, "`{}` holds a run of jobs that are not there", shard.file);
        if (!good) continue;
        for_each_step(run, [&](uint32_t job, int64_t expert) {
          const Job& of = plan_.units[run.unit].jobs[job];
          const int64_t step = first_[run.unit][job] + int64_t(run.instance) * per_instance_[run.unit] +
                               (expert < 0 ? 0 : expert - of.first_expert);
          require(!written[size_t(step)], "job {} of `{}` is written twice", job,
                  plan_.units[run.unit].instances[run.instance]);
          written[size_t(step)] = true;
          ++done;
        });
      }
    }
    require(done >= steps_, "{} of {} steps are never written", steps_ - done, steps_);
    require(bytes == exported.bytes, "the files of `{}` have {} bytes together, not {}", exported.dir, bytes,
            exported.bytes);
    for (const std::string& key : {exported.cache, exported.queries})
      require(key.empty() || plan_.caches.contains(key), "an export has an unknown cache `{}`", key);
    for (const ConfigGroupText& group : exported.groups)
      require(plan_.precisions.contains(group.precision), "a group has an unknown precision `{}`", group.precision);
  }

  void totals() {
    __int128 read = 0, written = 0;
    for (const Unit& unit : plan_.units)
      for (const Job& job : unit.jobs)
        for (const Operation& operation : job.operations)
          if (operation.kind == OperationKind::Read)
            read += __int128(operation.bytes_in) * times(job) * __int128(unit.instances.size());
    for (const PlannedExport& exported : plan_.exports) written += exported.bytes;
    require(read == plan_.predicted.bytes_read, "the reads do not add up to {} bytes", plan_.predicted.bytes_read);
    require(written == plan_.predicted.bytes_written, "the files do not add up to {} bytes",
            plan_.predicted.bytes_written);
  }

  const Plan& plan_;
  size_t most_;
  std::vector<std::string> problems_;
  std::vector<std::vector<int64_t>> first_;  // of a unit's first instance: the number of each job's first step
  std::vector<int64_t> per_instance_;
  int64_t steps_ = 0;
};

}  // namespace

std::vector<std::string> structure_problems(const Plan& plan, size_t most) { return Structure(plan, most).run(); }

}  // namespace lcr
