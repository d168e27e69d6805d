#include "compiler/model/safetensors.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <tuple>

#include "compiler/diagnostics/codes/driver.h"
#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/file_bytes.h"
#include "compiler/model/tensor_lookup.h"

namespace lcr {
namespace {

namespace dom = simdjson::dom;

// The limit of the reference implementation.
constexpr uint64_t longest_header = 100'000'000;

// Parses with the DOM, which picks the widest instructions of the machine when it runs; on-demand parsing is compiled
// for the baseline.
struct Reader {
  std::string place;
  Diagnostics& diagnostics;
  std::string& names;  // reserved for all of them: views into it stay valid

  bool refuse(std::string what) {
    diagnostics.report(codes::L7003, fmt::format("the header of `{}` {}", place, what));
    return false;
  }

  std::string_view keep(std::string_view name) {
    const size_t begin = names.size();
    names += name;
    return std::string_view(names).substr(begin);
  }

  bool tensor(dom::element value, StoredTensor& tensor, uint64_t data_bytes) {
    dom::object object;
    if (value.get(object)) return refuse(fmt::format("gives `{}` no object", tensor.name));
    bool has_dtype = false, has_shape = false, has_offsets = false;
    for (auto [field, content] : object) {
      bool* has = field == "dtype" ? &has_dtype : field == "shape" ? &has_shape : &has_offsets;
      if (has == &has_offsets && field != "data_offsets") continue;
      *has = has == &has_dtype  ? dtype(content, tensor)
             : has == &has_shape ? shape(content, tensor)
                                 : offsets(content, tensor);
      if (!*has) return false;
    }
    if (!has_dtype || !has_shape || !has_offsets)
      return refuse(fmt::format("gives `{}` no dtype, shape or data_offsets", tensor.name));
    return extent_fits(tensor, data_bytes);
  }

  bool dtype(dom::element value, StoredTensor& tensor) {
    std::string_view text;
    if (value.get(text)) return refuse(fmt::format("gives `{}` a dtype that is no text", tensor.name));
    const auto known = dtype_named(text);
    if (!known) return refuse(fmt::format("gives `{}` the unknown dtype `{}`", tensor.name, text));
    tensor.dtype = *known;
    return true;
  }

  bool shape(dom::element value, StoredTensor& tensor) {
    dom::array extents;
    if (value.get(extents)) return refuse(fmt::format("gives `{}` a shape that is no list", tensor.name));
    tensor.shape.reserve(extents.size());
    for (dom::element item : extents) {
      uint64_t extent = 0;
      if (item.get(extent) || extent > uint64_t{INT64_MAX})
        return refuse(fmt::format("gives `{}` a shape that is no list of whole numbers", tensor.name));
      tensor.shape.push_back(static_cast<int64_t>(extent));
    }
    return true;
  }

  bool offsets(dom::element value, StoredTensor& tensor) {
    dom::array pair;
    if (value.get(pair) || pair.size() != 2 || pair.at(0).get(tensor.begin) || pair.at(1).get(tensor.end))
      return refuse(fmt::format("gives `{}` data_offsets that are not two whole numbers", tensor.name));
    return true;
  }

  // Offsets are still relative to the data here.
  bool extent_fits(const StoredTensor& tensor, uint64_t data_bytes) {
    if (tensor.begin > tensor.end || tensor.end > data_bytes) {
      return refuse(fmt::format("puts `{}` at bytes {}..{}, but the file has {} bytes of data", tensor.name,
                                tensor.begin, tensor.end, data_bytes));
    }
    uint64_t bytes = static_cast<uint64_t>(size_of(tensor.dtype));
    bool overflow = false;
    for (int64_t extent : tensor.shape)
      overflow |= __builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes);
    if (overflow || bytes != tensor.bytes()) {
      return refuse(fmt::format("gives `{}` {} bytes, but {} of shape [{}] needs {}", tensor.name, tensor.bytes(),
                                name_of(tensor.dtype), fmt::join(tensor.shape, ", "),
                                overflow ? "more than a file can hold" : std::to_string(bytes)));
    }
    return true;
  }

  bool parse(dom::parser& parser, const char* text, size_t length, uint64_t data_bytes,
             std::vector<StoredTensor>& tensors) {
    dom::element document;
    dom::object root;
    if (parser.parse(text, length, false).get(document) || document.get(root)) return refuse("is not a JSON object");
    tensors.reserve(root.size());
    for (auto [name, value] : root) {
      if (name == "__metadata__") continue;
      StoredTensor entry;
      entry.name = keep(name);
      if (!tensor(value, entry, data_bytes)) return false;
      tensors.push_back(std::move(entry));
    }
    return true;
  }
};

// Sorts by offset; false when two tensors share bytes.
bool order(ShardHeader& header, Reader& reader) {
  auto before = [](const StoredTensor& a, const StoredTensor& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  };
  if (!std::is_sorted(header.tensors.begin(), header.tensors.end(), before))
    std::stable_sort(header.tensors.begin(), header.tensors.end(), before);
  uint64_t at = header.shard.data_begin;
  const StoredTensor* previous = nullptr;
  for (StoredTensor& tensor : header.tensors) {
    tensor.begin += header.shard.data_begin;
    tensor.end += header.shard.data_begin;
    if (tensor.begin < at)
      return reader.refuse(fmt::format("lets `{}` and `{}` share bytes", previous->name, tensor.name));
    header.idle_bytes += tensor.begin - at;
    at = tensor.end;
    previous = &tensor;
  }
  header.idle_bytes += header.shard.bytes - at;
  return true;
}

}  // namespace

struct HeaderReader::Memory {
  dom::parser parser;
  std::unique_ptr<char[]> text;
  size_t size = 0;
};

HeaderReader::HeaderReader() : memory_(std::make_unique<Memory>()) {}
HeaderReader::~HeaderReader() = default;

std::optional<ShardHeader> HeaderReader::read(const std::string& folder, const std::string& file,
                                              Diagnostics& diagnostics) {
  FileBytes bytes(folder + "/" + file);
  if (!bytes.ok()) {
    diagnostics.report(codes::L0001, fmt::format("`{}` cannot be read: {}", file, bytes.error()));
    return std::nullopt;
  }
  auto names = std::make_shared<std::string>();
  Reader reader{file, diagnostics, *names};
  uint64_t length = 0;
  if (bytes.size() < 8 || !bytes.read(0, 8, reinterpret_cast<char*>(&length))) {
    reader.refuse(fmt::format("is missing: the file has {} bytes", bytes.size()));
    return std::nullopt;
  }
  if (length > longest_header || length > bytes.size() - 8) {
    reader.refuse(fmt::format("claims {} bytes, but the file has {}", length, bytes.size()));
    return std::nullopt;
  }
  if (const size_t needed = length + simdjson::SIMDJSON_PADDING; needed > memory_->size) {
    memory_->text.reset(new char[2 * needed]);
    memory_->size = 2 * needed;
  }
  const char* text = memory_->text.get();
  if (!bytes.read(8, length, memory_->text.get())) {
    diagnostics.report(codes::L0001, fmt::format("`{}` cannot be read: it ended early", file));
    return std::nullopt;
  }
  ShardHeader header;
  header.shard = {file, bytes.size(), 8 + length};
  header.hash = XXH3_64bits(text, length);
  // Unescaping only shortens names, so together they fit the header's length and never move.
  names->reserve(length);
  if (!reader.parse(memory_->parser, text, length, bytes.size() - 8 - length, header.tensors) || !order(header, reader))
    return std::nullopt;
  header.name_hashes.reserve(header.tensors.size());
  for (const StoredTensor& tensor : header.tensors) header.name_hashes.push_back(TensorLookup::hash(tensor.name));
  header.storage = std::move(names);
  return header;
}

}  // namespace lcr
