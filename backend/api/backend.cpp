#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <string>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "backend/api/lcr_backend.h"
#include "backend/evaluate/evaluate.h"
#include "backend/execute/cuda_engine.h"
#include "backend/execute/execute.h"
#include "backend/formats/kernels.h"
#include "backend/forward/device.h"
#include "backend/sensitivity/measure.h"
#include "compiler/diagnostics/codes/run.h"
#include "compiler/diagnostics/render.h"
#include "compiler/model/elaborate.h"
#include "planner/plan/yaml.h"

namespace {

using namespace lcr;
using nlohmann::json;

std::atomic<bool> stop{false};

// Exit codes of the command line.
constexpr int done = 0, found = 1, failed = 2, interrupted = 130;

int deliver(const Diagnostics& diagnostics, const Sources& sources, int code, lcr_sinks sinks) {
  if (diagnostics.size() > 0) sinks.diagnostics(sinks.context, render_json(sources, diagnostics).c_str());
  return code;
}

// The one fence of this library: what third parties throw ends here, as an internal error.
template <typename Function>
int fenced(Function function) {
  try {
    return function();
  } catch (const std::exception& error) {
    fmt::print(stderr, "lcr: internal error in the backend: {}\n", error.what());
  } catch (...) {
    fmt::print(stderr, "lcr: internal error in the backend\n");
  }
  return failed;
}

// The CPU, or the first CUDA device.
bool choose_engine(const std::string& device, ExecuteOptions& options, Diagnostics& diagnostics) {
  if (device != "cuda") {
    options.engine = [](Diagnostics&) { return make_cpu_engine(); };
    return true;
  }
  std::optional<CudaLibrary> cuda = CudaLibrary::open();
  if (!cuda || cuda->devices().empty()) {
    diagnostics
        .report(codes::L6031, cuda ? "the plan needs a CUDA device and this machine has none"
                                  : "the plan needs a CUDA device and this build of lcr has no CUDA part")
        .help("plan and run on the CPU with `--device cpu`");
    return false;
  }
  options.engine = [library = *cuda](Diagnostics& report) { return library.make_engine(0, DeviceWork::Quantize, report); };
  return true;
}

// How many threads will factorize second moments side by side: eight where experts read values of their own.
int factorize_at_once(const Plan& plan) {
  const bool solves = std::any_of(plan.stacks.begin(), plan.stacks.end(), [](const auto& one) { return one.second.solver.name == "gptq"; });
  const bool prunes =
      std::any_of(plan.prunings.begin(), plan.prunings.end(), [](const auto& one) { return one.second.algorithm.name == "sparsegpt"; });
  if (!solves && !prunes) return 0;
  for (const Unit& unit : plan.units)
    if (std::any_of(unit.jobs.begin(), unit.jobs.end(), [](const Job& job) { return job.experts > 0; })) return 8;
  return 1;
}

}  // namespace

extern "C" {

int lcr_backend_version(void) { return LCR_BACKEND_VERSION; }

int lcr_backend_describe(char* buffer, int size) {
  return fenced([&] {
    json about = {{"torch", LCR_TORCH_VERSION}, {"cpu", kernels().name}, {"cuda", ""}, {"devices", json::array()}};
    if (std::optional<CudaLibrary> cuda = CudaLibrary::open()) {
      about["cuda"] = LCR_CUDA_TOOLKIT;
      about["devices"] = cuda->devices();
    }
    std::string text = about.dump();
    size_t length = std::min(text.size(), static_cast<size_t>(size - 1));
    std::memcpy(buffer, text.data(), length);
    buffer[length] = '\0';
    return done;
  });
}

int lcr_backend_run(const char* plan_yaml, const char* options_json, lcr_sinks sinks) {
  return fenced([&] {
    Sources sources;
    Diagnostics diagnostics;
    json settings = json::parse(options_json);
    std::string plan_path = settings.at("plan_path");
    uint32_t file = sources.add(plan_path.empty() ? "plan" : plan_path, plan_yaml);
    std::optional<Plan> plan = read_plan(sources, file, diagnostics);
    if (!plan) return deliver(diagnostics, sources, found, sinks);
    ExecuteOptions options;
    options.plan_folder = std::filesystem::path(plan_path).parent_path().string();
    options.model = settings.at("model");
    options.out = settings.at("out");
    options.resume = settings.at("resume");
    std::string device = settings.at("device");
    const std::jthread warming = plan->calibration ? warm_device(plan->device, factorize_at_once(*plan)) : std::jthread();
    if (!choose_engine(device.empty() ? plan->device : device, options, diagnostics)) {
      return deliver(diagnostics, sources, found, sinks);
    }
    int code = execute(*plan, options, [&](const std::string& event) { sinks.event(sinks.context, event.c_str()); }, stop,
                       diagnostics);
    return deliver(diagnostics, sources, code, sinks);
  });
}

int lcr_backend_score(const char* request_json, lcr_sinks sinks) {
  return fenced([&] {
    Sources sources;
    Diagnostics diagnostics;
    json settings = json::parse(request_json);
    MeasureRequest request;
    for (const json& text : settings.at("plans")) {
      const auto plan = parse_plan(sources, sources.add("plan", text.get<std::string>()), diagnostics);
      if (!plan) return deliver(diagnostics, sources, found, sinks);
      request.plans.push_back(std::move(*plan));
    }
    request.groups = settings.at("groups").get<std::vector<std::vector<std::string>>>();
    request.measure = settings.at("measure");
    const std::string folder = settings.at("model");
    const auto checkpoint = read_checkpoint(folder, diagnostics);
    if (!checkpoint) return deliver(diagnostics, sources, found, sinks);
    // What is odd about the model has been said when the recipe was checked.
    Diagnostics said;
    const auto graph = elaborate(sources, *checkpoint, {request.plans.front().architecture_file}, said);
    if (!graph) return deliver(said, sources, found, sinks);
    auto emit = [&](const char* type, const std::string& message, json fields) {
      fields["type"] = type;
      fields["level"] = "info";
      fields["message"] = message;
      sinks.event(sinks.context, fields.dump().c_str());
    };
    CalibrateOptions options{"", folder, emit, nullptr};
    const auto tell = [&](size_t group, size_t candidate, double score) {
      emit("score", fmt::format("group {}, candidate {}: {}", group, candidate, score),
           {{"group", group}, {"candidate", candidate}, {"score", score}});
    };
    const CalibrationEnd end = measure(request, *graph, *checkpoint, options, tell, stop, diagnostics);
    const int code = end == CalibrationEnd::Done ? done : end == CalibrationEnd::Interrupted ? interrupted : found;
    return deliver(diagnostics, sources, code, sinks);
  });
}

int lcr_backend_eval(const char* options_json, lcr_sinks sinks) {
  return fenced([&] {
    Sources sources;
    Diagnostics diagnostics;
    json settings = json::parse(options_json);
    EvaluateOptions options;
    options.model = settings.at("model");
    options.reference = settings.at("reference");
    options.data = settings.at("data");
    options.length = settings.at("length");
    options.windows = settings.at("windows");
    options.device = settings.at("device");
    options.architecture = settings.at("architecture");
    std::optional<Evaluation> result = evaluate(sources, options, diagnostics);
    if (!result) return deliver(diagnostics, sources, found, sinks);
    json event = {{"type", "evaluation"},          {"level", "info"},           {"message", "evaluated"},
                  {"perplexity", result->perplexity}, {"nll", result->nll},     {"tokens", result->tokens},
                  {"windows", result->windows}};
    if (result->kl) event["kl"] = *result->kl;
    if (result->top1) event["top1"] = *result->top1;
    sinks.event(sinks.context, event.dump().c_str());
    return deliver(diagnostics, sources, done, sinks);
  });
}

void lcr_backend_interrupt(void) { stop = true; }

}  // extern "C"
