#include <fmt/format.h>
#include <simdjson.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/codes/driver.h"
#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/checkpoint.h"
#include "compiler/model/file_bytes.h"
#include "compiler/model/tensor_lookup.h"

namespace lcr {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view version = "1.0";

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Fills a Checkpoint member by member; `problem` is set by the first one that does not fit.
struct Reader {
  Checkpoint checkpoint;
  std::shared_ptr<std::string> names = std::make_shared<std::string>();
  std::string problem;

  bool refuse(std::string what) {
    if (problem.empty()) problem = std::move(what);
    return false;
  }

  bool text(dom::object root, const char* key, std::string& to) {
    std::string_view value;
    if (root[key].get(value)) return refuse(fmt::format("it has no text `{}`", key));
    to = value;
    return true;
  }

  bool hash(dom::object root, const char* key, uint64_t& to) {
    std::string digits;
    if (!text(root, key, digits)) return false;
    char* end = nullptr;
    to = std::strtoull(digits.c_str(), &end, 16);
    return digits.size() == 16 && *end == '\0' ? true : refuse(fmt::format("`{}` is no hash", key));
  }

  bool shards(dom::object root) {
    dom::array list;
    if (root["shards"].get(list)) return refuse("it has no list `shards`");
    for (dom::element item : list) {
      Shard shard;
      std::string_view file;
      if (item["file"].get(file) || item["bytes"].get(shard.bytes) || item["data_begin"].get(shard.data_begin))
        return refuse("a shard lacks `file`, `bytes` or `data_begin`");
      shard.file = file;
      checkpoint.shards.push_back(std::move(shard));
    }
    return true;
  }

  bool other_files(dom::object root) {
    dom::array list;
    if (root["other_files"].get(list)) return refuse("it has no list `other_files`");
    for (dom::element item : list) {
      std::string_view file;
      if (item.get(file)) return refuse("`other_files` holds something that is no text");
      checkpoint.other_files.emplace_back(file);
    }
    return true;
  }

  // [name, dtype, [extents], shard, begin, end]
  bool tensor(dom::array row, StoredTensor& tensor) {
    std::string_view name, dtype;
    dom::array extents;
    uint64_t shard = 0;
    if (row.size() != 6 || row.at(0).get(name) || row.at(1).get(dtype) || row.at(2).get(extents) ||
        row.at(3).get(shard) || row.at(4).get(tensor.begin) || row.at(5).get(tensor.end)) {
      return refuse("a tensor is not given by name, dtype, shape, shard, begin and end");
    }
    const size_t begin = names->size();
    *names += name;
    tensor.name = std::string_view(*names).substr(begin);
    const auto known = dtype_named(dtype);
    if (!known) return refuse(fmt::format("`{}` has the unknown dtype `{}`", name, dtype));
    tensor.dtype = *known;
    uint64_t bytes = static_cast<uint64_t>(size_of(*known));
    bool fits = shard < checkpoint.shards.size() && tensor.begin <= tensor.end;
    for (dom::element item : extents) {
      int64_t extent = 0;
      fits &= item.get(extent) == simdjson::SUCCESS && extent >= 0;
      fits &= !__builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes);
      tensor.shape.push_back(extent);
    }
    if (!fits || bytes != tensor.bytes() || tensor.end > checkpoint.shards[shard].bytes)
      return refuse(fmt::format("the place of `{}` does not fit its shape or its shard", name));
    tensor.shard = static_cast<uint32_t>(shard);
    return true;
  }

  bool tensors(dom::object root) {
    dom::array list;
    if (root["tensors"].get(list)) return refuse("it has no list `tensors`");
    auto lookup = std::make_shared<TensorLookup>(list.size());
    checkpoint.tensors.reserve(list.size());
    for (dom::element item : list) {
      dom::array row;
      StoredTensor entry;
      if (item.get(row)) return refuse("a tensor is no list");
      if (!tensor(row, entry)) return false;
      checkpoint.tensors.push_back(std::move(entry));
      const auto number = static_cast<uint32_t>(checkpoint.tensors.size() - 1);
      if (!lookup->insert(checkpoint.tensors, number, TensorLookup::hash(checkpoint.tensors.back().name)))
        return refuse(fmt::format("`{}` stands in it twice", checkpoint.tensors.back().name));
    }
    checkpoint.index = std::move(lookup);
    return true;
  }

  bool read(dom::object root) {
    std::string made_by;
    if (!text(root, "lcr_tree", made_by)) return false;
    if (made_by.substr(0, made_by.find('.')) != version.substr(0, version.find('.')))
      return refuse(fmt::format("its version is {}, this program reads {}", made_by, version));
    std::string_view own;
    if (!root["architecture_text"].get(own)) checkpoint.architecture_text = own;
    if (root["indexed"].get(checkpoint.indexed)) return refuse("it has no `indexed`");
    return text(root, "config", checkpoint.config_text) && text(root, "architecture", checkpoint.architecture) &&
           hash(root, "architecture_hash", checkpoint.architecture_hash) &&
           hash(root, "header_hash", checkpoint.header_hash) && shards(root) && other_files(root) && tensors(root);
  }
};

}  // namespace

std::optional<Checkpoint> read_snapshot(const std::string& file, Diagnostics& diagnostics) {
  std::string error;
  auto text = read_whole(file, error);
  if (!text) {
    diagnostics.report(codes::L0001, fmt::format("`{}` cannot be read: {}", file, error));
    return std::nullopt;
  }
  dom::parser parser;
  dom::object root;
  Reader reader;
  // Unescaping only shortens names, so together they fit the text's length and never move.
  reader.names->reserve(text->size());
  if (parser.parse(*text).get(root)) reader.refuse("it is no JSON object");
  else reader.read(root);
  if (!reader.problem.empty()) {
    diagnostics.report(codes::L7007, fmt::format("`{}` is no tree snapshot that can be used: {}", file, reader.problem))
        .help("make it again with `lcr tree MODEL -o FILE`");
    return std::nullopt;
  }
  reader.checkpoint.storage = std::move(reader.names);
  return std::move(reader.checkpoint);
}

std::string write_snapshot(const Checkpoint& checkpoint) {
  std::string text =
      fmt::format("{{\n\"lcr_tree\": \"{}\",\n\"architecture\": {},\n\"architecture_hash\": \"{:016x}\",\n", version,
                  json_text(checkpoint.architecture), checkpoint.architecture_hash);
  auto out = std::back_inserter(text);
  if (!checkpoint.architecture_text.empty())
    fmt::format_to(out, "\"architecture_text\": {},\n", json_text(checkpoint.architecture_text));
  fmt::format_to(out, "\"header_hash\": \"{:016x}\",\n\"config\": {},\n\"indexed\": {},\n\"shards\": [",
                 checkpoint.header_hash, json_text(checkpoint.config_text), checkpoint.indexed);
  const char* separator = "\n";
  for (const Shard& shard : checkpoint.shards) {
    fmt::format_to(out, "{}{{\"file\": {}, \"bytes\": {}, \"data_begin\": {}}}", separator, json_text(shard.file),
                   shard.bytes, shard.data_begin);
    separator = ",\n";
  }
  text += "],\n\"other_files\": [";
  separator = "";
  for (const std::string& file : checkpoint.other_files) {
    fmt::format_to(out, "{}{}", separator, json_text(file));
    separator = ", ";
  }
  text += "],\n\"tensors\": [";
  separator = "\n";
  for (const StoredTensor& tensor : checkpoint.tensors) {
    fmt::format_to(out, "{}[{}, \"{}\", [{}], {}, {}, {}]", separator, json_text(tensor.name), name_of(tensor.dtype),
                   fmt::join(tensor.shape, ", "), tensor.shard, tensor.begin, tensor.end);
    separator = ",\n";
  }
  text += "]\n}\n";
  return text;
}

}  // namespace lcr
