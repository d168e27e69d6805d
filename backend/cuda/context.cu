#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include <cuda_runtime.h>

#include "backend/cuda/lcr_cuda.h"
#include "backend/cuda/units.cuh"

using lcr::cuda::DeviceTile;

namespace {

// What a call failed with; 2 of the interface is "out of memory".
struct Failure {
  int code = 0;
  std::string text;
};

class Buffer {
 public:
  explicit Buffer(bool pinned) : pinned_(pinned) {}
  Buffer(const Buffer&) = delete;
  ~Buffer() { release(); }

  // Grows to at least `bytes`; the content is not kept.
  cudaError_t reserve(size_t bytes) {
    if (bytes <= size_) return cudaSuccess;
    release();
    cudaError_t error = pinned_ ? cudaMallocHost(&data_, bytes) : cudaMalloc(&data_, bytes);
    if (error == cudaSuccess) size_ = bytes;
    return error;
  }
  template <typename T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  size_t size() const { return size_; }

 private:
  void release() {
    if (data_ != nullptr) pinned_ ? cudaFreeHost(data_) : cudaFree(data_);
    data_ = nullptr;
    size_ = 0;
  }
  bool pinned_;
  void* data_ = nullptr;
  size_t size_ = 0;
};

int64_t dtype_bytes(int dtype) { return dtype == LCR_F32 ? 4 : dtype == LCR_BF16 || dtype == LCR_F16 ? 2 : 1; }

}  // namespace

struct lcr_cuda_context {
  int device = 0;
  cudaStream_t stream = nullptr;
  Buffer staging{true}, results{true};
  Buffer weights{false}, ranges{false}, scales{false}, factors{false}, zeros{false}, codes{false}, packed{false}, small{false};
  int64_t peak = 0;

  ~lcr_cuda_context() {
    if (stream != nullptr) cudaStreamDestroy(stream);
  }
};

namespace {

bool failed(cudaError_t error, Failure& failure) {
  if (error == cudaSuccess) return false;
  failure = {error == cudaErrorMemoryAllocation ? 2 : 1, cudaGetErrorString(error)};
  // The sticky state is left for errors that are ours to handle.
  cudaGetLastError();
  return true;
}

#define LCR_TRY(call) \
  if (failed((call), failure)) return false

// Device buffers for a tile, and its weights on the way there.
bool upload(lcr_cuda_context& context, const lcr_cuda_tile& tile, DeviceTile& device, Failure& failure) {
  auto weight_bytes = static_cast<size_t>(tile.rows * tile.columns * dtype_bytes(tile.dtype));
  auto units = static_cast<size_t>(tile.scale_rows * tile.scale_columns);
  LCR_TRY(cudaSetDevice(context.device));
  if (!tile.on_device) {
    LCR_TRY(context.staging.reserve(weight_bytes));
    LCR_TRY(context.weights.reserve(weight_bytes));
  }
  LCR_TRY(context.ranges.reserve(units * 2 * sizeof(float)));
  LCR_TRY(context.scales.reserve(units * 4));
  LCR_TRY(context.factors.reserve(units * sizeof(float)));
  LCR_TRY(context.zeros.reserve(units));
  LCR_TRY(context.codes.reserve(static_cast<size_t>(tile.codes_bytes) + 16));
  LCR_TRY(context.packed.reserve(static_cast<size_t>(tile.zero_points_bytes) + 4));
  LCR_TRY(context.small.reserve(4096 + sizeof(float) * static_cast<size_t>(tile.shrink_count)));
  LCR_TRY(context.results.reserve(static_cast<size_t>(tile.codes_bytes + tile.scales_bytes + tile.zero_points_bytes) + 64));
  int64_t held = 0;
  for (Buffer* buffer : {&context.weights, &context.ranges, &context.scales, &context.factors, &context.zeros, &context.codes,
                         &context.packed, &context.small}) {
    held += static_cast<int64_t>(buffer->size());
  }
  context.peak = std::max(context.peak, held);

  auto* small = context.small.as<uint8_t>();
  device = {tile, tile.on_device ? tile.weights : context.weights.as<void>(), context.ranges.as<float>(), context.ranges.as<float>() + units,
            context.scales.as<uint8_t>(), context.factors.as<float>(), tile.symmetric ? nullptr : context.zeros.as<int8_t>(),
            context.codes.as<uint8_t>(), context.packed.as<uint32_t>(), reinterpret_cast<float*>(small + 64),
            reinterpret_cast<int32_t*>(small), reinterpret_cast<double*>(small + 16)};
  if (!tile.on_device) {
    std::memcpy(context.staging.as<void>(), tile.weights, weight_bytes);
    LCR_TRY(cudaMemcpyAsync(context.weights.as<void>(), context.staging.as<void>(), weight_bytes, cudaMemcpyHostToDevice, context.stream));
  }
  LCR_TRY(cudaMemsetAsync(small, 0, 64, context.stream));
  const int32_t yes = 1;
  LCR_TRY(cudaMemcpyAsync(small, &yes, sizeof(yes), cudaMemcpyHostToDevice, context.stream));
  if (tile.shrink_count > 0) {
    LCR_TRY(cudaMemcpyAsync(small + 64, tile.shrinks, sizeof(float) * static_cast<size_t>(tile.shrink_count),
                            cudaMemcpyHostToDevice, context.stream));
  }
  return true;
}

// One scale for the whole weight: the range is known, and stands for all rows of the tile.
bool give_tensor_range(lcr_cuda_context& context, const lcr_cuda_tile& tile, Failure& failure) {
  bool negative_only = tile.element == LCR_INT && tile.symmetric && tile.bits == 1;
  float range[2] = {tile.tensor_low, tile.tensor_high};
  if (tile.symmetric) range[1] = negative_only ? -tile.tensor_low : std::max(-tile.tensor_low, tile.tensor_high);
  LCR_TRY(cudaMemcpyAsync(context.ranges.as<float>(), range, sizeof(range), cudaMemcpyHostToDevice, context.stream));
  return true;
}

bool download(lcr_cuda_context& context, lcr_cuda_tile& tile, const DeviceTile& device, Failure& failure) {
  auto* out = context.results.as<uint8_t>();
  auto codes = static_cast<size_t>(tile.codes_bytes), scales = static_cast<size_t>(tile.scales_bytes);
  auto zeros = static_cast<size_t>(tile.zero_points_bytes);
  const void* zero_source = tile.packed_zero_points ? static_cast<const void*>(device.packed_zeros) : device.zero_points;
  LCR_TRY(cudaMemcpyAsync(out, device.codes, codes, cudaMemcpyDeviceToHost, context.stream));
  if (scales > 0) LCR_TRY(cudaMemcpyAsync(out + codes, device.scales, scales, cudaMemcpyDeviceToHost, context.stream));
  if (zeros > 0) LCR_TRY(cudaMemcpyAsync(out + codes + scales, zero_source, zeros, cudaMemcpyDeviceToHost, context.stream));
  uint8_t* state = out + codes + scales + zeros;
  LCR_TRY(cudaMemcpyAsync(state, context.small.as<void>(), 64, cudaMemcpyDeviceToHost, context.stream));
  LCR_TRY(cudaStreamSynchronize(context.stream));
  std::memcpy(tile.codes, out, codes);
  if (scales > 0 && tile.scales != nullptr) std::memcpy(tile.scales, out + codes, scales);
  if (zeros > 0 && tile.zero_points != nullptr) std::memcpy(tile.zero_points, out + codes + scales, zeros);
  std::memcpy(&tile.finite, state, sizeof(tile.finite));
  std::memcpy(&tile.error, state + 16, sizeof(double));
  std::memcpy(&tile.signal, state + 24, sizeof(double));
  return true;
}

bool quantize(lcr_cuda_context& context, lcr_cuda_tile& tile, Failure& failure) {
  DeviceTile device;
  if (!upload(context, tile, device, failure)) return false;
  // Words beyond the last code of a row are zero.
  LCR_TRY(cudaMemsetAsync(device.codes, 0, static_cast<size_t>(tile.codes_bytes), context.stream));
  if (tile.whole_tensor) {
    if (!give_tensor_range(context, tile, failure)) return false;
    device.high = device.low + 1;
  } else {
    lcr::cuda::launch_ranges(device, context.stream);
  }
  lcr::cuda::launch_scales(device, context.stream);
  lcr::cuda::launch_codes(device, context.stream);
  if (tile.measure) lcr::cuda::launch_measure(device, context.stream);
  LCR_TRY(cudaGetLastError());
  return download(context, tile, device, failure);
}

bool observe(lcr_cuda_context& context, lcr_cuda_tile& tile, Failure& failure) {
  DeviceTile device;
  if (!upload(context, tile, device, failure)) return false;
  lcr::cuda::launch_ranges(device, context.stream);
  LCR_TRY(cudaGetLastError());
  auto rows = static_cast<size_t>(tile.scale_rows);
  LCR_TRY(context.results.reserve(rows * 2 * sizeof(float) + 64));
  auto* ranges = context.results.as<float>();
  LCR_TRY(cudaMemcpyAsync(ranges, device.low, rows * 2 * sizeof(float), cudaMemcpyDeviceToHost, context.stream));
  LCR_TRY(cudaMemcpyAsync(ranges + rows * 2, context.small.as<void>(), 64, cudaMemcpyDeviceToHost, context.stream));
  LCR_TRY(cudaStreamSynchronize(context.stream));
  std::memcpy(&tile.finite, ranges + rows * 2, sizeof(tile.finite));
  tile.low = *std::min_element(ranges, ranges + rows);
  tile.high = *std::max_element(ranges + rows, ranges + 2 * rows);
  return true;
}

bool copy(lcr_cuda_context& context, lcr_cuda_tile& tile, Failure& failure) {
  DeviceTile device;
  if (!upload(context, tile, device, failure)) return false;
  lcr::cuda::launch_copy(device, context.stream);
  LCR_TRY(cudaGetLastError());
  return download(context, tile, device, failure);
}

bool fetch(lcr_cuda_context& context, const void* from, void* to, int64_t bytes, Failure& failure) {
  LCR_TRY(cudaSetDevice(context.device));
  LCR_TRY(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost, context.stream));
  LCR_TRY(cudaStreamSynchronize(context.stream));
  return true;
}

int finish(bool good, const Failure& failure, char* error, int size) {
  if (good) return 0;
  std::snprintf(error, static_cast<size_t>(size), "%s", failure.text.c_str());
  return failure.code;
}

}  // namespace

extern "C" {

int lcr_cuda_version(void) { return LCR_CUDA_VERSION; }

int lcr_cuda_devices(char* buffer, int size) {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) count = 0;
  cudaGetLastError();
  std::string names;
  for (int device = 0; device < count; ++device) {
    cudaDeviceProp properties;
    if (cudaGetDeviceProperties(&properties, device) == cudaSuccess) names += std::string(properties.name) + "\n";
  }
  std::snprintf(buffer, static_cast<size_t>(size), "%s", names.c_str());
  return count;
}

int64_t lcr_cuda_free_bytes(int device) {
  size_t free = 0, total = 0;
  if (cudaSetDevice(device) != cudaSuccess || cudaMemGetInfo(&free, &total) != cudaSuccess) return -1;
  return static_cast<int64_t>(free);
}

lcr_cuda_context* lcr_cuda_create(int device, char* error, int size) {
  auto context = new lcr_cuda_context;
  context->device = device;
  cudaError_t result = cudaSetDevice(device);
  if (result == cudaSuccess) result = cudaStreamCreateWithFlags(&context->stream, cudaStreamNonBlocking);
  if (result == cudaSuccess) return context;
  std::snprintf(error, static_cast<size_t>(size), "%s", cudaGetErrorString(result));
  delete context;
  return nullptr;
}

void lcr_cuda_destroy(lcr_cuda_context* context) { delete context; }

int lcr_cuda_observe(lcr_cuda_context* context, lcr_cuda_tile* tile, char* error, int size) {
  Failure failure;
  return finish(observe(*context, *tile, failure), failure, error, size);
}

int lcr_cuda_quantize(lcr_cuda_context* context, lcr_cuda_tile* tile, char* error, int size) {
  Failure failure;
  return finish(quantize(*context, *tile, failure), failure, error, size);
}

int lcr_cuda_copy(lcr_cuda_context* context, lcr_cuda_tile* tile, char* error, int size) {
  Failure failure;
  return finish(copy(*context, *tile, failure), failure, error, size);
}

int lcr_cuda_fetch(lcr_cuda_context* context, const void* from, void* to, int64_t bytes, char* error, int size) {
  Failure failure;
  return finish(fetch(*context, from, to, bytes, failure), failure, error, size);
}

int64_t lcr_cuda_peak_bytes(const lcr_cuda_context* context) { return context->peak; }

}  // extern "C"
