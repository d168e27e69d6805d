#include "backend/execute/cuda_engine.h"

#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <fmt/core.h>

#include "backend/algorithms/column_sweep.h"
#include "backend/cuda/lcr_cuda.h"
#include "backend/formats/device_tile.h"
#include "backend/forward/device_kernels.h"
#include "compiler/diagnostics/codes/run.h"

namespace lcr {

struct CudaLibrary::Functions {
  decltype(&lcr_cuda_version) version = nullptr;
  decltype(&lcr_cuda_devices) devices = nullptr;
  decltype(&lcr_cuda_sweep) sweep = nullptr;
  DeviceKernels kernels;
  decltype(&lcr_cuda_create) create = nullptr;
  decltype(&lcr_cuda_destroy) destroy = nullptr;
  decltype(&lcr_cuda_observe) observe = nullptr;
  decltype(&lcr_cuda_quantize) quantize = nullptr;
  decltype(&lcr_cuda_copy) copy = nullptr;
  decltype(&lcr_cuda_fetch) fetch = nullptr;
};

namespace {

using Functions = CudaLibrary::Functions;

// Of weights.
int code_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::BF16: return LCR_BF16;
    case Dtype::F16: return LCR_F16;
    default: return LCR_F32;
  }
}

// The tile's weights and nothing of a codec.
lcr_cuda_tile weights_of(const WeightRows& tile) {
  lcr_cuda_tile out{};
  out.weights = tile.data;
  out.on_device = tile.on_device;
  out.dtype = code_of(tile.dtype);
  out.rows = tile.rows;
  out.columns = tile.columns;
  out.global = 1.f;
  return out;
}

lcr_cuda_tile describe(const Quantizer& quantizer, const WeightRows& rows, const TensorRange& tensor, const EncodedRows& out) {
  const Codec& codec = quantizer.codec;
  lcr_cuda_tile tile = weights_of(rows);
  describe_codec(quantizer, rows.rows, out.global, tile);
  tile.tensor_low = tensor.low;
  tile.tensor_high = tensor.high;
  tile.codes = out.codes;
  tile.scales = out.scales;
  tile.zero_points = out.zero_points;
  tile.codes_row_bytes = codec.code_row_bytes();
  tile.codes_bytes = rows.rows * tile.codes_row_bytes;
  tile.scales_bytes = tile.scale_rows * tile.scale_columns * size_of(codec.scale);
  if (!codec.symmetric) {
    tile.zero_points_bytes = codec.packed_zero_points ? (tile.scale_rows * codec.bits + 31) / 32 * 4 * tile.scale_columns
                                                      : tile.scale_rows * tile.scale_columns;
  }
  return tile;
}

class CudaEngine : public Engine {
 public:
  CudaEngine(std::shared_ptr<const Functions> functions, lcr_cuda_context* context, DeviceWork work)
      : functions_(std::move(functions)), context_(context), work_(work) {}
  ~CudaEngine() override { functions_->destroy(context_); }

  bool reads_device() const override { return true; }

  bool observe(const WeightRows& rows, int64_t first_row, WeightRange& range, Diagnostics& diagnostics) override {
    lcr_cuda_tile tile = weights_of(rows);
    tile.unit_rows = 1;
    tile.unit_columns = rows.columns;
    tile.scale_rows = rows.rows;
    tile.scale_columns = 1;
    if (!good(functions_->observe(context_, &tile, error_.data(), static_cast<int>(error_.size())), diagnostics)) return false;
    range.low = tile.low;
    range.high = tile.high;
    return tile.finite || locate(rows, first_row, range.non_finite, diagnostics);
  }

  bool quantize(const Quantizer& quantizer, const WeightRows& rows, int64_t first_row, const TensorRange& tensor,
                const EncodedRows& out, bool measure, TileResult& result, Diagnostics& diagnostics) override {
    lcr_cuda_tile tile = describe(quantizer, rows, tensor, out);
    tile.measure = measure;
    auto run = work_ == DeviceWork::Copy ? functions_->copy : functions_->quantize;
    if (!good(run(context_, &tile, error_.data(), static_cast<int>(error_.size())), diagnostics)) return false;
    result.errors = {tile.error, tile.signal};
    return tile.finite || locate(rows, first_row, result.non_finite, diagnostics);
  }

 private:
  bool locate(WeightRows rows, int64_t first_row, NonFinite& found, Diagnostics& diagnostics) {
    std::vector<std::byte> host;
    if (rows.on_device) {
      host.resize(static_cast<size_t>(rows.rows * rows.columns * size_of(rows.dtype)));
      if (!good(functions_->fetch(context_, rows.data, host.data(), static_cast<int64_t>(host.size()), error_.data(),
                                  static_cast<int>(error_.size())), diagnostics))
        return false;
      rows.data = host.data();
      rows.on_device = false;
    }
    found = locate_non_finite(rows, first_row);
    return true;
  }

  bool good(int code, Diagnostics& diagnostics) {
    if (code == 0) return true;
    if (code == 2) {
      diagnostics.report(codes::L6032, "the device has no memory left for a tile")
          .note(error_.data())
          .help("free the device, or plan with a smaller `device` limit and go on with `--resume`");
    } else {
      diagnostics.report(codes::L6031, "the device failed").note(error_.data()).help("go on with `--resume` once it works");
    }
    return false;
  }

  std::shared_ptr<const Functions> functions_;
  lcr_cuda_context* context_;
  DeviceWork work_;
  std::array<char, 512> error_{};
};

// The folder of the library that this code is in.
std::filesystem::path own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return ".";
  return std::filesystem::path(info.dli_fname).parent_path();
}

}  // namespace

std::optional<CudaLibrary> CudaLibrary::open() {
  const char* named = std::getenv("LCR_CUDA_PATH");
  std::string path = named != nullptr && *named != '\0' ? named : (own_folder() / "liblcr_cuda.so").string();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  auto functions = std::make_shared<Functions>();
  auto resolve = [library](const char* name, auto& function) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
    return function != nullptr;
  };
  bool complete = resolve("lcr_cuda_version", functions->version) && resolve("lcr_cuda_devices", functions->devices) &&
                  resolve("lcr_cuda_create", functions->create) && resolve("lcr_cuda_destroy", functions->destroy) &&
                  resolve("lcr_cuda_observe", functions->observe) && resolve("lcr_cuda_quantize", functions->quantize) &&
                  resolve("lcr_cuda_copy", functions->copy) &&
                  resolve("lcr_cuda_fetch", functions->fetch) && resolve("lcr_cuda_sweep", functions->sweep) &&
                  resolve("lcr_cuda_rms_norm", functions->kernels.rms_norm) && resolve("lcr_cuda_rope", functions->kernels.rope) &&
                  resolve("lcr_cuda_silu_gate", functions->kernels.silu_gate) &&
                  resolve("lcr_cuda_differences", functions->kernels.differences) &&
                  resolve("lcr_cuda_round", functions->kernels.round) &&
                  resolve("lcr_cuda_measure_columns", functions->kernels.measure_columns) &&
                  resolve("lcr_cuda_dot", functions->kernels.dot) &&
                  resolve("lcr_cuda_column_chunks", functions->kernels.column_chunks);
  if (!complete || functions->version() != LCR_CUDA_VERSION) return std::nullopt;
  register_column_sweep(functions->sweep);
  register_device_kernels(functions->kernels);
  CudaLibrary result;
  result.functions_ = std::move(functions);
  return result;
}

std::vector<std::string> CudaLibrary::devices() const {
  std::array<char, 4096> buffer{};
  functions_->devices(buffer.data(), static_cast<int>(buffer.size()));
  std::istringstream lines(buffer.data());
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) names.push_back(line);
  return names;
}

std::unique_ptr<Engine> CudaLibrary::make_engine(int device, DeviceWork work, Diagnostics& diagnostics) const {
  std::array<char, 512> error{};
  lcr_cuda_context* context = functions_->create(device, error.data(), static_cast<int>(error.size()));
  if (context == nullptr) {
    diagnostics.report(codes::L6031, fmt::format("CUDA device {} cannot be used", device))
        .note(error.data())
        .help("run on the CPU with `--device cpu`, or on a machine with a GPU");
    return nullptr;
  }
  return std::make_unique<CudaEngine>(functions_, context, work);
}

}  // namespace lcr
