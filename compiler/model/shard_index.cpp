#include "compiler/model/shard_index.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/file_bytes.h"
#include "compiler/model/name_list.h"
#include "compiler/model/parallel.h"
#include "compiler/model/tensor_lookup.h"

namespace lcr {
namespace {

namespace dom = simdjson::dom;

// Shard names are plain names within the folder: an index must not lead elsewhere.
bool plain_name(std::string_view file) {
  return !file.empty() && file.find('/') == std::string_view::npos && file != "." && file != ".." &&
         file.find('\0') == std::string_view::npos && file.ends_with(".safetensors");
}

// Renumbers the files in the order of their names.
void sort_files(ShardIndex& index) {
  std::vector<uint32_t> order(index.files.size()), place(index.files.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return index.files[a] < index.files[b]; });
  std::vector<std::string> files;
  for (uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    files.push_back(std::move(index.files[order[i]]));
  }
  index.files = std::move(files);
  for (auto& entry : index.entries) entry.file = place[entry.file];
}

}  // namespace

std::optional<ShardIndex> read_shard_index(const std::string& folder, Diagnostics& diagnostics) {
  auto refuse = [&](std::string what) {
    diagnostics.report(codes::L7004, fmt::format("`{}` {}", index_file, what));
    return std::nullopt;
  };
  // The parser holds the names.
  auto storage = std::make_shared<dom::parser>();
  std::string error;
  auto text = read_whole(fmt::format("{}/{}", folder, index_file), error);
  if (!text) return refuse(fmt::format("cannot be read: {}", error));
  dom::element document;
  dom::object map;
  if (storage->parse(*text).get(document) || document["weight_map"].get(map))
    return refuse("has no `weight_map` object");
  ShardIndex index;
  std::map<std::string, uint32_t, std::less<>> numbers;
  std::string_view last;
  uint32_t last_number = 0;
  index.entries.reserve(map.size());
  for (auto [tensor, value] : map) {
    ShardIndex::Entry entry{tensor, 0};
    std::string_view file;
    if (value.get(file))
      return refuse("is not a map from tensors to files");
    if (file != last || index.files.empty()) {
      auto found = numbers.find(file);
      if (found == numbers.end()) {
        if (!plain_name(file))
          return refuse(fmt::format("names `{}`, which is no safetensors file of the folder", file));
        found = numbers.emplace(file, static_cast<uint32_t>(index.files.size())).first;
        index.files.emplace_back(file);
      }
      last = file;
      last_number = found->second;
    }
    entry.file = last_number;
    index.entries.push_back(entry);
  }
  if (index.files.empty()) return refuse("names no shards");
  sort_files(index);
  index.storage = std::move(storage);
  return index;
}

void compare_with_index(const ShardIndex& index, const Checkpoint& checkpoint, Diagnostics& diagnostics) {
  std::vector<int64_t> places(index.entries.size());
  constexpr size_t block = 4096;
  in_parallel((places.size() + block - 1) / block, [&](const auto& next) {
    for (size_t i; (i = next() * block) < places.size();) {
      int64_t near = -1;
      for (size_t end = std::min(i + block, places.size()); i < end; ++i)
        near = places[i] = find_near(checkpoint, index.entries[i].tensor, near);
    }
  });
  NameList absent, elsewhere;
  size_t found = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    const auto& entry = index.entries[i];
    if (places[i] < 0) {
      absent.add(entry.tensor);
      continue;
    }
    ++found;
    const StoredTensor& stored = checkpoint.tensors[static_cast<size_t>(places[i])];
    if (stored.shard != entry.file) elsewhere.add(entry.tensor);
  }
  if (absent.count() > 0) {
    diagnostics
        .report(codes::L7004, fmt::format("`{}` names {} that no shard holds: {}", index_file,
                                         counted(absent.count(), "tensor"), absent.text()))
        .help("download the model again: a shard is older or newer than the index");
  }
  if (elsewhere.count() > 0) {
    diagnostics.report(codes::L7004, fmt::format("`{}` looks for {} in the wrong shard: {}", index_file,
                                                counted(elsewhere.count(), "tensor"), elsewhere.text()));
  }
  if (absent.count() == 0 && elsewhere.count() == 0 && found < checkpoint.tensors.size()) {
    std::vector<bool> named(checkpoint.tensors.size());
    for (int64_t place : places) named[static_cast<size_t>(place)] = true;
    NameList extra;
    for (size_t i = 0; i < named.size(); ++i)
      if (!named[i]) extra.add(checkpoint.tensors[i].name);
    if (extra.count() > 0)
      diagnostics.report(codes::L7004, fmt::format("the shards hold {} that `{}` does not name: {}",
                                                  counted(extra.count(), "tensor"), index_file, extra.text()));
  }
}

}  // namespace lcr
