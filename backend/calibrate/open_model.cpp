#include "backend/calibrate/open_model.h"

#include <ATen/ATen.h>
#include <ATen/DeviceAccelerator.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <thread>

#include "backend/data/calibration.h"
#include "backend/forward/device.h"
#include "backend/forward/execution.h"
#include "backend/rotations/learned_rotations.h"
#include "compiler/diagnostics/codes/run.h"
#include "planner/plan/stale.h"

namespace lcr {
namespace {

// The plan's paths as they are from here.
CalibrationRequest located(CalibrationRequest request, const std::string& plan_folder) {
  for (CalibrationSource& source : request.sources) {
    source.path = path_from_plan(source.path, plan_folder);
    if (source.kind == CalibrationSource::Kind::Chat && source.template_ != "model" && !source.template_.empty())
      source.template_ = path_from_plan(source.template_, plan_folder);
  }
  return request;
}

void tell_data(const CalibrationSet& set, size_t tiles, const CalibrateOptions& options) {
  int64_t kept = 0, cut = 0, dropped = 0;
  nlohmann::json sources = nlohmann::json::array();
  for (const CalibrationSet::SourceReport& source : set.sources) {
    kept += source.tokens_kept, cut += source.tokens_cut, dropped += source.tokens_dropped;
    sources.push_back({{"path", source.path}, {"samples", source.samples}, {"skipped", source.skipped},
                       {"tokens_kept", source.tokens_kept}, {"tokens_cut", source.tokens_cut},
                       {"tokens_dropped", source.tokens_dropped}});
  }
  options.tell("calibration-data",
               fmt::format("calibrating on {} rows: {} tokens kept, {} cut, {} dropped", set.rows.size(), kept, cut, dropped),
               {{"rows", set.rows.size()}, {"tiles", tiles}, {"tokens", kept}, {"hash", fmt::format("{:016x}", set.hash)},
                {"sources", std::move(sources)}});
}

}  // namespace

Folded::Folded(const Plan& plan, const ModelGraph& graph, const Weights& base, const LearnedRotations* learned) : base_(base) {
  if (learned != nullptr || !learns(plan.rotations)) fold_ = fold_of(plan.rotations, graph, base, plan.device, learned);
  if (fold_) weights_.emplace(base, *fold_);
}

std::optional<std::vector<CalibrationTile>> read_tiles(const Plan& plan, const ModelGraph& graph, const CalibrateOptions& options,
                                                       Diagnostics& diagnostics) {
  if (auto reason = cannot_run(graph)) {
    diagnostics.report(codes::L6055, fmt::format("the model cannot be calibrated: {}", *reason))
        .help("quantize it `with rtn`, which needs no data");
    return std::nullopt;
  }
  CalibrationOptions reading;
  reading.vocabulary = graph.templates[0].values[graph.templates[0].outputs[0]].dims.back();
  reading.threads = std::max(1u, std::thread::hardware_concurrency());
  auto set = load_calibration(located(plan.calibration->data, options.plan_folder), options.model, diagnostics, reading);
  if (!set) return std::nullopt;
  std::vector<CalibrationTile> tiles = cut_tiles(*set, plan.calibration->tile);
  tell_data(*set, tiles.size(), options);
  return tiles;
}

CalibrationEnd guarded(const Plan& plan, Diagnostics& diagnostics, const std::function<CalibrationEnd()>& work) {
  c10::InferenceMode guard;
  if (!load_device(plan.device)) {
    diagnostics.report(codes::L6031, fmt::format("the plan needs the device `{}`, and this machine has none that works", plan.device))
        .help("plan for the CPU: `--device cpu`");
    return CalibrationEnd::Failed;
  }
  try {
    const CalibrationEnd end = work();
    // Given back while the last files are written: a process that holds memory ends the later.
    if (!at::Device(plan.device).is_cpu()) at::accelerator::emptyCache();
    return end;
  } catch (const c10::OutOfMemoryError&) {
    diagnostics.report(codes::L6053, "the device has too little memory for the calibration")
        .help("finished layers are kept: go on with `--resume` when other programs have let go of memory, or plan with a smaller `device` budget");
  } catch (const c10::Error&) {
    diagnostics.report(codes::L6053, "the tensor library failed during the calibration")
        .help("finished layers are kept: go on with `--resume`, or plan for the CPU: `--device cpu`");
  }
  return CalibrationEnd::Failed;
}

}  // namespace lcr
