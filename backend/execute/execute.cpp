#include "backend/execute/execute.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <thread>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "backend/calibrate/calibrate.h"
#include "backend/execute/cuda_engine.h"
#include "backend/execute/cut_model.h"
#include "backend/execute/event_record.h"
#include "backend/execute/identity.h"
#include "backend/execute/make_piece.h"
#include "backend/execute/memory.h"
#include "backend/execute/pipeline.h"
#include "backend/execute/report.h"
#include "backend/execute/tied_copies.h"
#include "backend/export/side_files.h"
#include "backend/rotations/folded_rows.h"
#include "backend/storage/run_directory.h"
#include "backend/storage/stopwatch.h"
#include "compiler/diagnostics/codes/run.h"
#include "compiler/model/elaborate.h"
#include "planner/plan/expert_cut.h"
#include "planner/plan/stale.h"
#include "planner/plan/yaml.h"
#include "planner/verify/verify.h"

namespace lcr {

namespace {

namespace fs = std::filesystem;

std::string absolute(const std::string& folder, const std::string& path) {
  fs::path joined = fs::path(path).is_absolute() ? fs::path(path) : fs::path(folder) / path;
  joined = joined.lexically_normal();
  return (joined.has_filename() ? joined : joined.parent_path()).string();
}

std::string out_folder(const Plan& plan, const PlannedExport& exported, const ExecuteOptions& options) {
  if (options.out.empty()) return absolute(options.plan_folder, exported.dir);
  if (plan.exports.size() == 1) return options.out;
  return (fs::path(options.out) / fs::path(exported.dir).filename()).string();
}

// The plan as it lies in `out`/.lcr, from where it can be run again: its paths start there, and what the command line said
// in place of them is in it.
Plan plan_in(const std::string& out, const Plan& plan, const ExecuteOptions& options) {
  std::string folder = (fs::path(out) / ".lcr").string();
  auto moved = [&](const std::string& path) { return path_in_plan(path_from_plan(path, options.plan_folder), folder); };
  Plan result = plan;
  result.model = options.model.empty() ? moved(plan.model) : path_in_plan(options.model, folder);
  result.architecture_file = moved(plan.architecture_file);
  for (Origin& origin : result.origins) {
    if (origin.kind == "model") origin.name = result.model;
    else if (origin.kind != "stdlib" && origin.kind != "set") origin.name = moved(origin.name);
  }
  for (PlannedExport& exported : result.exports) exported.dir = path_in_plan(out_folder(plan, exported, options), folder);
  return result;
}

void report_interrupted(const std::string& out, Diagnostics& diagnostics) {
  diagnostics.report(codes::L6040, fmt::format("the run in `{}` was interrupted", out))
      .help(fmt::format("go on with: lcr run {} --resume", (fs::path(out) / ".lcr" / "plan.yaml").string()));
}

// One export of one run.
class Run {
 public:
  Run(const Plan& plan, size_t index, const LoadedModel& model, const ExecuteOptions& options, RunDirectory& directory,
      const SolvedStore& solved, const Fold* fold, Events& events, const std::atomic<bool>& stop, Diagnostics& diagnostics)
      : plan_(plan), exported_(plan.exports[index]), model_(model), options_(options), directory_(directory),
        solved_(solved), fold_(fold), events_(events), stop_(stop), diagnostics_(diagnostics),
        online_(plan, model.graph), shards_(layout_outputs(plan, index, model.graph, model.checkpoint)), done_(shards_.size()),
        files_(model.checkpoint.path, model.checkpoint) {}

  int run() {
    directory_.clear_parts();
    find_finished();
    WorkList work = list_work(plan_, shards_, done_, model_.graph);
    // What waits for its calibration comes last.
    std::stable_partition(work.pieces.begin(), work.pieces.end(),
                          [&](const Piece& piece) { return !work.tasks[piece.task].job->calibrated; });
    announce(work);
    Eta eta(static_cast<double>(work.bytes));
    PipelineEnd end = execute(work, eta);
    if (abandoned_) return 1;
    if (end == PipelineEnd::Interrupted) return interrupted(eta.elapsed());
    // Completing removes the folder of what is solved; the calibration may still write there what no file here needs.
    if (end == PipelineEnd::Done && plan_.calibration && !solved_.await_end()) return 1;
    bool good = end == PipelineEnd::Done &&
                write_side_files(model_.checkpoint, model_.checkpoint.path, directory_.out(), plan_, exported_, shards_, diagnostics_) &&
                directory_.complete(diagnostics_);
    tell_memory();
    double seconds = std::max(eta.elapsed(), 1e-9);
    events_.emit("end",
                 good ? fmt::format("wrote {} in {:.1f} s ({:.2f} GiB read, {:.2f} GiB written, {:.2f} GiB/s)", directory_.out(),
                                    eta.elapsed(), gib(files_.bytes_read()), gib(written_), gib(files_.bytes_read()) / seconds)
                      : std::string("the run failed; what is finished is kept"),
                 spent(good ? "done" : "failed", eta.elapsed()), good ? "info" : "error");
    return good ? 0 : 1;
  }

 private:
  static double gib(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

  // Files that an earlier process gave their final names.
  void find_finished() {
    uint64_t bytes = 0;
    size_t finished = 0;
    for (size_t s = 0; s < shards_.size(); ++s) {
      std::error_code error;
      done_[s] = directory_.finished(shards_[s].file) &&
                 fs::file_size(directory_.final_path(shards_[s].file), error) == shards_[s].bytes;
      if (!done_[s]) continue;
      ++finished;
      bytes += shards_[s].bytes;
    }
    finished_ = finished;
    if (!directory_.resumed()) return;
    events_.emit("resume", fmt::format("resuming: {} of {} files are finished", finished, shards_.size()),
                 {{"shards", finished}, {"bytes_written", bytes}});
  }

  void announce(const WorkList& work) {
    const Prediction& predicted = plan_.predicted;
    events_.emit("plan",
                 fmt::format("{}: {} jobs in {} files, {:.2f} GiB to write, host peak {:.2f} GiB predicted", plan_.recipe,
                             work.tasks.size(), shards_.size(), gib(work.bytes), gib(static_cast<uint64_t>(predicted.host_peak))),
                 {{"recipe", plan_.recipe}, {"model", model_.checkpoint.path}, {"out", directory_.out()},
                  {"jobs", work.tasks.size()}, {"bytes_read", predicted.bytes_read}, {"bytes_written", work.bytes},
                  {"host_peak", predicted.host_peak}, {"device_peak", predicted.device_peak}, {"seconds", predicted.seconds}});
  }

  PipelineEnd execute(const WorkList& work, const Eta& eta) {
    if (fold_ != nullptr) share_cores(plan_.workers);
    RunContext context{plan_, exported_, model_.graph, model_.checkpoint, work, files_, events_, solved_, online_, fold_};
    std::vector<Worker> workers(static_cast<size_t>(std::max(1, plan_.workers)));
    for (Worker& worker : workers) {
      worker.engine = options_.engine(diagnostics_);
      if (!worker.engine) return PipelineEnd::Failed;
    }
    ProgressReport progress(events_, work, eta, files_);
    PipelineHooks hooks;
    hooks.open = [this](uint32_t shard, Diagnostics& found) {
      const ShardLayout& layout = shards_[shard];
      auto writer = ShardWriter::create(directory_.part_path(layout.file), directory_.final_path(layout.file), layout.bytes,
                                        layout.header, found);
      if (writer) writer->time_into(writing_);
      return writer;
    };
    hooks.finished = [this](uint32_t shard) {
      size_t finished = ++finished_;
      events_.emit("shard", fmt::format("{} is finished ({} of {})", shards_[shard].file, finished, shards_.size()),
                   {{"file", shards_[shard].file}, {"bytes", shards_[shard].bytes}, {"finished", finished}, {"shards", shards_.size()}});
    };
    hooks.started = [&](const Task& task) { progress.started(task); };
    hooks.progressed = [&](uint64_t bytes) {
      written_ += bytes;
      progress.advanced(bytes);
    };
    auto make = [&](int worker, const Piece& piece, ShardWriter& writer, Diagnostics& found) {
      if (!is_solved(work.tasks[piece.task])) return false;
      return make_piece(context, piece, workers[static_cast<size_t>(worker)], writer, found);
    };
    return run_pipeline(work, static_cast<int>(workers.size()), make, hooks, stop_, diagnostics_);
  }

  // Waits for the weights of a task; false when they will not come.
  bool is_solved(const Task& task) {
    const OutputTensor& output = *task.outputs.front();
    if (abandoned_) return false;
    const Stopwatch watch(waiting_);
    if (task.job->calibrated && !solved_.await(plan_.units[output.unit].instances[output.instance])) abandoned_ = true;
    return !abandoned_;
  }

  int interrupted(double seconds) {
    report_interrupted(directory_.out(), diagnostics_);
    events_.emit("end", "interrupted", spent("interrupted", seconds), "warning");
    return 130;
  }

  // What `end` tells: the times of all workers together are what they stood still for.
  nlohmann::json spent(const char* status, double seconds) const {
    return {{"status", status}, {"seconds", seconds}, {"bytes_read", files_.bytes_read()}, {"bytes_written", written_.load()},
            {"workers", std::max(1, plan_.workers)}, {"seconds_reading", files_.seconds_reading()},
            {"seconds_writing", static_cast<double>(writing_) * 1e-9}, {"seconds_waiting", static_cast<double>(waiting_) * 1e-9}};
  }

  void tell_memory() {
    int64_t host = peak_host_bytes();
    events_.emit("memory", fmt::format("host peak {:.2f} GiB, predicted {:.2f} GiB", gib(static_cast<uint64_t>(host)),
                                       gib(static_cast<uint64_t>(plan_.predicted.host_peak))),
                 {{"host_peak", host}, {"planned_host_peak", plan_.predicted.host_peak},
                  {"planned_device_peak", plan_.predicted.device_peak}});
  }

  const Plan& plan_;
  const PlannedExport& exported_;
  const LoadedModel& model_;
  const ExecuteOptions& options_;
  RunDirectory& directory_;
  const SolvedStore& solved_;
  const Fold* fold_;
  Events& events_;
  const std::atomic<bool>& stop_;
  Diagnostics& diagnostics_;
  RotatedBack online_;
  std::vector<ShardLayout> shards_;
  std::vector<bool> done_;
  SourceFiles files_;
  std::atomic<uint64_t> written_{0};
  std::atomic<int64_t> writing_{0}, waiting_{0};  // nanoseconds of all workers
  std::atomic<size_t> finished_{0};
  std::atomic<bool> abandoned_{false};  // the calibration ended before its end; it says why
};

ElaborateOptions elaborating_of(const Plan& plan, const ExecuteOptions& options) {
  ElaborateOptions elaborating;
  if (!plan.architecture_file.empty()) elaborating.architecture_file = absolute(options.plan_folder, plan.architecture_file);
  return elaborating;
}

// Whether a plan is one for the model; where experts are removed, for what is left, whichever they are.
bool fits(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint, const ElaborateOptions& elaborating,
          Diagnostics& diagnostics) {
  const std::string experts = expert_pruning(plan);
  if (experts.empty()) return report_problems(verify_plan(plan, graph, checkpoint), diagnostics);
  const auto cut = cut_experts(checkpoint, graph, plan.prunings.at(experts).share, nullptr, elaborating, diagnostics);
  return cut && report_problems(verify_plan(plan, cut->graph, cut->checkpoint), diagnostics);
}

std::optional<LoadedModel> load_model(const Plan& plan, const ExecuteOptions& options, Diagnostics& diagnostics) {
  std::string folder = options.model.empty() ? absolute(options.plan_folder, plan.model) : options.model;
  std::optional<Checkpoint> checkpoint = read_checkpoint(folder, diagnostics);
  if (!checkpoint) return std::nullopt;
  Sources sources;
  const ElaborateOptions elaborating = elaborating_of(plan, options);
  // What `check` has said about the model already is not said again.
  Diagnostics found;
  std::optional<ModelGraph> graph = elaborate(sources, *checkpoint, elaborating, found);
  // A plan may have been written or changed by hand, or be for another model.
  if (!graph || found.has_errors() || !fits(plan, *graph, *checkpoint, elaborating, found)) {
    diagnostics.append(std::move(found));
    return std::nullopt;
  }
  return LoadedModel{std::move(*checkpoint), std::move(*graph)};
}

// Whether `inner` is `outer` or lies below it: output must never go into the source.
bool lies_in(const std::string& inner, const std::string& outer) {
  std::error_code error;
  fs::path a = fs::weakly_canonical(inner, error), b = fs::weakly_canonical(outer, error);
  auto [end, rest] = std::mismatch(b.begin(), b.end(), a.begin(), a.end());
  return end == b.end();
}

// All exports, but for those that are complete when others are resumed.
std::vector<size_t> exports_to_run(const Plan& plan, const ExecuteOptions& options) {
  std::vector<size_t> all, open;
  for (size_t index = 0; index < plan.exports.size(); ++index) {
    all.push_back(index);
    if (!RunDirectory::completed(out_folder(plan, plan.exports[index], options), plan_identity(plan, index))) open.push_back(index);
  }
  return options.resume && !open.empty() ? open : all;
}

bool usable(const Plan& plan, const std::vector<size_t>& exports, const LoadedModel& model, const ExecuteOptions& options,
            Diagnostics& diagnostics) {
  bool good = true;
  for (size_t index : exports) {
    const std::string out = out_folder(plan, plan.exports[index], options);
    if (lies_in(out, model.checkpoint.path)) {
      diagnostics.report(codes::L6020, fmt::format("the output `{}` would lie in the model's own folder", out))
          .help("choose another folder with `--out`: the source is never touched");
      good = false;
    } else {
      good = RunDirectory::usable(out, diagnostics) && good;
    }
  }
  return good;
}

void tell_version(Events& events, const Plan& plan) {
  events.emit("version", plan.tool, {{"schema", "lcr-events/1"}, {"lcr", plan.tool}});
}

int code_of(CalibrationEnd end, const RunDirectory& directory, Events& events, Diagnostics& diagnostics) {
  if (end != CalibrationEnd::Interrupted) return end == CalibrationEnd::Done ? 0 : 1;
  report_interrupted(directory.out(), diagnostics);
  events.emit("end", "interrupted", {{"status", "interrupted"}}, "warning");
  return 130;
}

// Calibrates into the last of the folders, whose state lives the longest.
class CalibratedRun {
 public:
  CalibratedRun(const RunDirectory& directory, const Plan& plan, LoadedModel& model, const ExecuteOptions& options, SolvedStore& store,
                Events& events, const std::atomic<bool>& stop, Diagnostics& diagnostics)
      : directory_(directory), plan_(plan), model_(model), options_(options), store_(store), events_(events), stop_(stop),
        diagnostics_(diagnostics) {
    if (plan.device == "cuda") cuda_ = CudaLibrary::open();
    calibrating_.plan_folder = options.plan_folder;
    calibrating_.model = model.checkpoint.path;
    calibrating_.given_up = &given_up;
    calibrating_.tell = [&events](const char* type, const std::string& message, nlohmann::json fields) {
      events.emit(type, message, std::move(fields));
    };
  }

  // What is decided before the first weight can be written: the model loses the experts that the plan removes, and
  // rotations are learned. Gives the exit code, as calibrate() does.
  int prepare() {
    CalibrationEnd end = CalibrationEnd::Done;
    if (const std::string experts = expert_pruning(plan_); !experts.empty()) {
      KeptExperts kept;
      end = choose_experts(plan_, model_.graph, model_.checkpoint, calibrating_, store_, stop_, kept, diagnostics_);
      if (end == CalibrationEnd::Done) {
        const std::string file = (fs::path(directory_.out()) / ".lcr" / "solved" / "routers").string();
        auto cut = cut_model(model_, plan_.prunings.at(experts).share, kept, file, elaborating_of(plan_, options_), diagnostics_);
        if (!cut) return 1;
        model_ = std::move(*cut);
      }
    }
    if (end == CalibrationEnd::Done)
      end = learn_rotations(plan_, model_.graph, model_.checkpoint, calibrating_, store_, stop_, calibrating_.learned, diagnostics_);
    return code_of(end, directory_, events_, diagnostics_);
  }

  int calibrate() {
    return code_of(lcr::calibrate(plan_, model_.graph, model_.checkpoint, calibrating_, store_, stop_, diagnostics_), directory_,
                   events_, diagnostics_);
  }

  const LearnedRotations* learned() const { return calibrating_.learned.get(); }

  // Set when what is written beside the calibration failed.
  std::atomic<bool> given_up{false};

 private:
  const RunDirectory& directory_;
  const Plan& plan_;
  LoadedModel& model_;
  const ExecuteOptions& options_;
  SolvedStore& store_;
  Events& events_;
  const std::atomic<bool>& stop_;
  Diagnostics& diagnostics_;
  std::optional<CudaLibrary> cuda_;
  CalibrateOptions calibrating_;
};

// Lets nobody wait for what an ended calibration left out.
struct Closing {
  SolvedStore& store;
  bool whole = false;
  ~Closing() { store.close(whole); }
};

}  // namespace

int execute(const Plan& plan, const ExecuteOptions& options, const Events::Sink& sink, const std::atomic<bool>& stop,
            Diagnostics& diagnostics) {
  std::optional<LoadedModel> model = load_model(plan, options, diagnostics);
  if (!model) return 1;
  const std::vector<size_t> exports = exports_to_run(plan, options);
  // All folders are looked at before the first is made, and before a weight is read.
  if (!usable(plan, exports, *model, options, diagnostics)) return 1;
  SourceFiles files(model->checkpoint.path, model->checkpoint);
  if (!check_tied_copies(model->graph, model->checkpoint, files, stop, diagnostics)) return stop ? 130 : 1;
  std::vector<RunDirectory> directories;
  for (size_t index : exports) {
    std::string out = out_folder(plan, plan.exports[index], options);
    RunDirectory::Request request{out, plan_identity(plan, index), write_plan(plan_in(out, plan, options)), options.resume};
    std::optional<RunDirectory> directory = RunDirectory::open(request, diagnostics);
    if (!directory) return 1;
    directories.push_back(std::move(*directory));
  }
  SolvedStore store((fs::path(directories.back().out()) / ".lcr" / "solved").string());
  std::shared_ptr<const Fold> fold;
  auto rotate = [&](const LearnedRotations* learned) {
    return open_fold(plan.rotations, learned, model->checkpoint, model->graph, plan.device, fold, diagnostics);
  };
  if (!plan.calibration && !rotate(nullptr)) return 1;
  std::mutex telling;
  auto one_by_one = [&](Events::Sink to) -> Events::Sink {
    return [&telling, to = std::move(to)](const std::string& event) {
      std::lock_guard lock(telling);
      to(event);
    };
  };
  auto write = [&](size_t i, Diagnostics& found) {
    Events events(one_by_one(recorded(directories[i].out(), sink)), directories[i].run_id());
    if (!plan.calibration) tell_version(events, plan);
    return Run(plan, exports[i], *model, options, directories[i], store, fold.get(), events, stop, found).run();
  };
  size_t begun = 0;
  if (plan.calibration) {
    Events::Sink told = sink;
    for (const RunDirectory& directory : directories) told = recorded(directory.out(), told);
    Events events(one_by_one(told), directories.back().run_id());
    tell_version(events, plan);
    Diagnostics found;
    int written = 0, code = 0;
    {
      CalibratedRun calibrated(directories.back(), plan, *model, options, store, events, stop, diagnostics);
      if (code = calibrated.prepare(); code != 0) return code;
      if (!rotate(calibrated.learned())) return 1;
      // A device leaves the host idle: what needs no calibration is written meanwhile, layers as they are finished.
      std::jthread writing;
      if (plan.device != "cpu") {
        begun = 1;
        writing = std::jthread([&] {
          written = write(0, found);
          calibrated.given_up = written != 0;
        });
      }
      Closing closing{store};
      code = calibrated.calibrate();
      closing.whole = code == 0;
    }
    // What ended both is told once.
    if (code != 0 && code != 1) return code;
    diagnostics.append(std::move(found));
    if (code != 0 || written != 0) return code != 0 ? code : written;
  }
  for (size_t i = begun; i < exports.size(); ++i) {
    int code = write(i, diagnostics);
    if (code != 0) return code;
  }
  return 0;
}

}  // namespace lcr
