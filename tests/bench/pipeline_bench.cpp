// Times the same run twice: with the quantizing engine, and with one that only reads the same input and writes the same
// number of bytes. usage: bench_pipeline PLAN.yaml MODEL OUT [cpu|cuda] [repeats]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/core.h>

#include "backend/execute/cuda_engine.h"
#include "backend/execute/execute.h"
#include "backend/formats/kernels.h"
#include "compiler/diagnostics/render.h"
#include "planner/plan/yaml.h"

namespace {

using namespace lcr;

class CopyEngine : public Engine {
 public:
  bool observe(const WeightRows&, int64_t, WeightRange&, Diagnostics&) override { return true; }
  bool quantize(const Quantizer& quantizer, const WeightRows& tile, int64_t, const TensorRange&, const EncodedRows& out, bool,
                TileResult&, Diagnostics&) override {
    const Codec& codec = quantizer.codec;
    int64_t in = tile.rows * tile.columns * size_of(tile.dtype);
    kernels().copy(tile.data, in, out.codes, tile.rows * codec.code_row_bytes());
    std::memset(out.scales, 0, static_cast<size_t>(tile.rows / codec.grid.unit_rows * codec.scale_row_bytes()));
    return true;
  }
};

struct Settings {
  Plan plan;
  std::string model, out, device;
};

std::unique_ptr<Engine> engine(const Settings& settings, bool copies, Diagnostics& diagnostics) {
  if (settings.device != "cuda") return copies ? std::make_unique<CopyEngine>() : make_cpu_engine();
  std::optional<CudaLibrary> library = CudaLibrary::open();
  if (!library) return nullptr;
  return library->make_engine(0, copies ? DeviceWork::Copy : DeviceWork::Quantize, diagnostics);
}

double seconds_of_run(const Settings& settings, bool copies, Sources& sources) {
  std::filesystem::remove_all(settings.out);
  ExecuteOptions options;
  options.model = settings.model;
  options.out = settings.out;
  options.engine = [&](Diagnostics& found) { return engine(settings, copies, found); };
  Diagnostics diagnostics;
  std::atomic<bool> stop{false};
  auto begin = std::chrono::steady_clock::now();
  int code = execute(settings.plan, options, [](const std::string&) {}, stop, diagnostics);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (code != 0) {
    fmt::print(stderr, "{}", render_full(sources, diagnostics));
    std::exit(1);
  }
  return seconds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: bench_pipeline PLAN.yaml MODEL OUT [cpu|cuda] [repeats]\n");
    return 2;
  }
  Sources sources;
  Diagnostics diagnostics;
  std::ifstream stream(argv[1], std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  std::optional<Plan> plan = read_plan(sources, sources.add(argv[1], text), diagnostics);
  if (!plan) {
    fmt::print(stderr, "{}", render_full(sources, diagnostics));
    return 1;
  }
  Settings settings{*plan, argv[2], argv[3], argc > 4 ? argv[4] : "cpu"};
  int repeats = argc > 5 ? std::atoi(argv[5]) : 3;
  double read = static_cast<double>(plan->predicted.bytes_read) / 1e9, written = static_cast<double>(plan->predicted.bytes_written) / 1e9;
  // One run that is not counted brings the model into the page cache.
  seconds_of_run(settings, true, sources);
  double best[2] = {1e30, 1e30};
  for (int i = 0; i < repeats; ++i) {
    for (bool copies : {true, false}) {
      double seconds = seconds_of_run(settings, copies, sources);
      best[copies] = std::min(best[copies], seconds);
      fmt::print("{:9} {:7.2f} s  {:6.2f} GB/s read, {:6.2f} GB/s written\n", copies ? "copy" : "quantize", seconds, read / seconds,
                 written / seconds);
    }
  }
  std::filesystem::remove_all(settings.out);
  fmt::print("workers {}, device {}: quantize {:.2f} s, copy {:.2f} s, {:.0f} % of the copy rate\n", plan->workers, settings.device,
             best[0], best[1], 100 * best[1] / best[0]);
  return 0;
}
