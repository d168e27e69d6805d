#include <ATen/ATen.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "backend/forward/dtypes.h"
#include "backend/forward/weights.h"
#include "backend/weights/row_reader.h"
#include "compiler/diagnostics/check.h"
#include "compiler/diagnostics/codes/driver.h"

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

struct CheckpointWeights::Files {
  explicit Files(const Checkpoint& checkpoint) : sources(checkpoint.path, checkpoint), reader(sources, checkpoint) {}

  std::vector<std::shared_ptr<Map>> maps;
  SourceFiles sources;
  RowReader reader;
  RowBuffers buffers;
  Diagnostics problems;
};

std::unique_ptr<CheckpointWeights> CheckpointWeights::open(const Checkpoint& checkpoint, const ModelGraph& graph,
                                                           Diagnostics& diagnostics) {
  auto files = std::make_unique<Files>(checkpoint);
  for (const Shard& shard : checkpoint.shards) {
    std::string path = checkpoint.path + "/" + shard.file;
    auto map = map_file(path);
    if (!map || map->size < shard.bytes) {
      diagnostics.report(codes::L0001, fmt::format("`{}` cannot be read: {}", path,
                                                  map ? "it is shorter than before" : std::strerror(errno)));
      return nullptr;
    }
    files->maps.push_back(std::move(map));
  }
  return std::unique_ptr<CheckpointWeights>(new CheckpointWeights(checkpoint, graph, std::move(files)));
}

CheckpointWeights::CheckpointWeights(const Checkpoint& checkpoint, const ModelGraph& graph, std::unique_ptr<Files> files)
    : checkpoint_(checkpoint), graph_(graph), files_(std::move(files)) {}
CheckpointWeights::~CheckpointWeights() = default;

const Diagnostics& CheckpointWeights::problems() const { return files_->problems; }

at::Tensor CheckpointWeights::stored(uint32_t index) const {
  const StoredTensor& tensor = checkpoint_.tensors[index];
  std::shared_ptr<Map> map = files_->maps[tensor.shard];
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
  const Module& m = graph_.modules[owner];
  const TensorView& view = graph_.views(m)[number];
  LCR_CHECK(view.present(), "a tensor that the checkpoint does not have");
  if (view.codec != TensorView::Codec::None) return decoded(view, graph_.declaration(m).tensors[number].shape);
  at::Tensor result = stored(view.sources[0]);
  for (const TensorView::Step& step : view.steps) result = viewed(result, step);
  return result;
}

at::Tensor CheckpointWeights::decoded(const TensorView& view, const Dims& shape) const {
  at::Tensor result = at::zeros(shape, at::kFloat);
  WeightRows rows = files_->reader.read(view, shape, 0, shape[0], Dtype::F32, files_->buffers, files_->problems);
  if (rows.data) std::memcpy(result.data_ptr(), rows.data, result.nbytes());
  return result;
}

}  // namespace lcr
