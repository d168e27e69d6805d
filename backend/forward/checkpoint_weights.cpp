#include <ATen/ATen.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "backend/forward/decode_weight.h"
#include "backend/forward/dtypes.h"
#include "backend/forward/weights.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// One file mapped for reading; unmapped when the last tensor that looks into it is gone.
struct Map {
  const char* bytes = nullptr;
  uint64_t size = 0;
  ~Map() {
    if (bytes) ::munmap(const_cast<char*>(bytes), size);
  }
};

// Null with errno set.
std::shared_ptr<Map> map_file(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  struct stat status{};
  void* bytes = MAP_FAILED;
  if (::fstat(descriptor, &status) == 0)
    bytes = ::mmap(nullptr, status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  int error = errno;
  ::close(descriptor);
  errno = error;
  if (bytes == MAP_FAILED) return nullptr;
  auto map = std::make_shared<Map>();
  map->bytes = static_cast<const char*>(bytes);
  map->size = status.st_size;
  return map;
}

at::Tensor viewed(at::Tensor tensor, const TensorView::Step& step) {
  if (step.transposed) return tensor.transpose(-1, -2);
  int64_t axis = 0;
  for (const TensorView::Slice& slice : step.slices) {
    if (slice.all) {
      ++axis;
    } else if (slice.high < 0) {
      tensor = tensor.select(axis, slice.low);
    } else {
      tensor = tensor.slice(axis++, slice.low, slice.high, slice.step);
    }
  }
  return tensor;
}

}  // namespace

struct CheckpointWeights::Maps {
  std::vector<std::shared_ptr<Map>> shards;
};

std::unique_ptr<CheckpointWeights> CheckpointWeights::open(const Checkpoint& checkpoint, const ModelGraph& graph,
                                                           Diagnostics& diagnostics) {
  auto maps = std::make_unique<Maps>();
  for (const Shard& shard : checkpoint.shards) {
    std::string path = checkpoint.path + "/" + shard.file;
    auto map = map_file(path);
    if (!map || map->size < shard.bytes) {
      diagnostics.report(Code::L0001, fmt::format("`{}` cannot be read: {}", path,
                                                  map ? "it is shorter than before" : std::strerror(errno)));
      return nullptr;
    }
    maps->shards.push_back(std::move(map));
  }
  SourceFormats formats = read_source_formats(checkpoint, graph, diagnostics);
  if (diagnostics.has_errors()) return nullptr;
  return std::unique_ptr<CheckpointWeights>(
      new CheckpointWeights(checkpoint, graph, std::move(maps), std::move(formats)));
}

CheckpointWeights::CheckpointWeights(const Checkpoint& checkpoint, const ModelGraph& graph, std::unique_ptr<Maps> maps,
                                     SourceFormats formats)
    : checkpoint_(checkpoint), graph_(graph), maps_(std::move(maps)), formats_(std::move(formats)) {}
CheckpointWeights::~CheckpointWeights() = default;

at::Tensor CheckpointWeights::stored(uint32_t index) const {
  const StoredTensor& tensor = checkpoint_.tensors[index];
  std::shared_ptr<Map> map = maps_->shards[tensor.shard];
  auto* bytes = const_cast<char*>(map->bytes + tensor.begin);
  at::ScalarType type = scalar_type(tensor.dtype);
  // Nothing aligns the tensors of a file, and vector loads of a type need its alignment.
  if (reinterpret_cast<uintptr_t>(bytes) % size_of(tensor.dtype) != 0) {
    at::Tensor copy = at::empty(tensor.shape, type);
    std::memcpy(copy.data_ptr(), bytes, tensor.bytes());
    return copy;
  }
  return at::from_blob(bytes, tensor.shape, [map](void*) {}, type);
}

at::Tensor CheckpointWeights::stored(std::string_view name) const {
  int64_t index = checkpoint_.find(name);
  return index < 0 ? at::Tensor() : stored(static_cast<uint32_t>(index));
}

at::Tensor CheckpointWeights::tensor(uint32_t module, uint32_t tensor) const {
  auto [owner, number] = shared_with(graph_, module, tensor);
  const TensorView& view = graph_.views(graph_.modules[owner])[number];
  LCR_CHECK(view.present(), "a tensor that the checkpoint does not have");
  std::vector<StoredPart> parts;
  for (uint32_t source : view.sources) parts.push_back({checkpoint_.tensors[source].name, stored(source)});
  if (view.codec == TensorView::Codec::None) {
    at::Tensor result = parts[0].tensor;
    for (const TensorView::Step& step : view.steps) result = viewed(result, step);
    return result;
  }
  return decoded(owner, view, std::move(parts));
}

at::Tensor CheckpointWeights::decoded(uint32_t owner, const TensorView& view, std::vector<StoredPart> parts) const {
  std::vector<TensorView::Step> steps = view.steps;
  // One matrix of a stack: taken out first, so that the others are not decoded.
  if (!steps.empty() && !steps[0].slices.empty() && !steps[0].slices[0].all && steps[0].slices[0].high < 0) {
    for (StoredPart& part : parts) part.tensor = part.tensor.select(0, steps[0].slices[0].low);
    steps[0].slices.erase(steps[0].slices.begin());
  }
  auto precision = formats_.modules.find(owner);
  bool known = precision != formats_.modules.end() && precision->second.weights;
  const at::Tensor& codes = parts[0].tensor;
  // Steps may follow the codec, so the coded matrix is not always the module's.
  int64_t out = codes.size(0), in = graph_.modules[owner].in;
  if (view.codec == TensorView::Codec::Mxfp4) in = codes.size(1) * codes.size(2) * 2;
  if (view.codec == TensorView::Codec::Fp8Block) in = codes.size(1);
  at::Tensor result = decode_weight(view.codec, parts, formats_, known ? &*precision->second.weights : nullptr, out, in);
  for (const TensorView::Step& step : steps) result = viewed(result, step);
  return result;
}

}  // namespace lcr
