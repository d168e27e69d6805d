#include "compiler/model/checkpoint.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "compiler/diagnostics/codes/driver.h"
#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/file_bytes.h"
#include "compiler/model/parallel.h"
#include "compiler/model/safetensors.h"
#include "compiler/model/shard_index.h"
#include "compiler/model/tensor_lookup.h"

namespace lcr {
namespace {

namespace fs = std::filesystem;

struct Listing {
  std::vector<std::string> safetensors;  // at the top level
  std::vector<std::string> pickles;      // weights of other formats, anywhere
  std::vector<std::string> others;
  bool indexed = false;
};

bool weights_of_other_format(const fs::path& path) {
  const auto extension = path.extension();
  for (const char* known : {".bin", ".pt", ".pth", ".ckpt", ".gguf", ".h5", ".msgpack"})
    if (extension == known) return true;
  return false;
}

// Hidden folders (version control, download caches) are no part of a model.
std::optional<Listing> list(const std::string& folder, Diagnostics& diagnostics) {
  Listing listing;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error), end;
  for (; !error && entries != end; entries.increment(error)) {
    const fs::path& path = entries->path();
    const bool hidden = path.filename().native().starts_with(".");
    if (entries->is_directory()) {
      if (hidden) entries.disable_recursion_pending();
      continue;
    }
    if (!entries->is_regular_file()) continue;
    std::string name = path.lexically_relative(folder).string();
    const bool top = entries.depth() == 0;
    if (top && name == index_file) listing.indexed = true;
    else if (top && name == "config.json") continue;
    else if (path.extension() == ".safetensors") { if (top) listing.safetensors.push_back(std::move(name)); }
    else if (weights_of_other_format(path)) listing.pickles.push_back(std::move(name));
    else listing.others.push_back(std::move(name));
  }
  if (error) {
    diagnostics.report(codes::L0001, fmt::format("`{}` cannot be read: {}", folder, error.message()));
    return std::nullopt;
  }
  for (auto* names : {&listing.safetensors, &listing.pickles, &listing.others}) std::sort(names->begin(), names->end());
  return listing;
}

// The shards of a folder without an index: model.safetensors, or the only file there is.
std::optional<std::vector<std::string>> shards_without_index(const std::string& folder, const Listing& listing,
                                                             Diagnostics& diagnostics) {
  const auto& files = listing.safetensors;
  if (std::find(files.begin(), files.end(), "model.safetensors") != files.end())
    return std::vector<std::string>{"model.safetensors"};
  if (files.size() == 1) return files;
  if (files.empty()) {
    auto& diagnostic =
        diagnostics.report(codes::L7001, fmt::format("`{}` holds no safetensors files", folder));
    if (!listing.pickles.empty()) {
      diagnostic.note(fmt::format("it holds `{}`, a format that can run code when it is read", listing.pickles.front()))
          .help("convert the weights to safetensors");
    }
  } else {
    diagnostics
        .report(codes::L7001,
                fmt::format("`{}` holds {} safetensors files but no `{}`", folder, files.size(), index_file))
        .help("download the index of the model");
  }
  return std::nullopt;
}

// A folder's files as they were read, before they are put together.
struct Raw {
  std::optional<ShardIndex> index;
  Diagnostics index_report;
  std::map<std::string, std::pair<std::optional<ShardHeader>, Diagnostics>> headers;
};

// Reads the index and all headers at once: most folders hold no other safetensors files than their shards.
Raw read_all(const std::string& folder, const Listing& listing) {
  Raw raw;
  std::vector<std::pair<const std::string, std::pair<std::optional<ShardHeader>, Diagnostics>>*> headers;
  for (const std::string& file : listing.safetensors) headers.push_back(&*raw.headers.try_emplace(file).first);
  in_parallel(headers.size() + 1, [&](const auto& next) {
    HeaderReader reader;
    for (size_t i; (i = next()) < headers.size() + 1;) {
      if (i == 0) {
        if (listing.indexed) raw.index = read_shard_index(folder, raw.index_report);
      } else {
        auto& [file, result] = *headers[i - 1];
        result.first = reader.read(folder, file, result.second);
      }
    }
  });
  return raw;
}

void warn_of_idle_bytes(const ShardHeader& header, Diagnostics& diagnostics) {
  if (header.idle_bytes == 0) return;
  diagnostics.report(codes::L7008, fmt::format("{} bytes of `{}` belong to no tensor", header.idle_bytes,
                                              header.shard.file));
}

// Joins the shards; names must be unique over all of them.
void join(std::vector<std::optional<ShardHeader>>& headers, Checkpoint& checkpoint, Diagnostics& diagnostics) {
  size_t count = 0;
  for (const auto& header : headers) count += header->tensors.size();
  checkpoint.tensors.reserve(count);
  auto storage = std::make_shared<std::vector<std::shared_ptr<const void>>>();
  auto lookup = std::make_shared<TensorLookup>(count);
  std::vector<uint64_t> hashes{XXH3_64bits(checkpoint.config_text.data(), checkpoint.config_text.size())};
  for (auto& header : headers) {
    warn_of_idle_bytes(*header, diagnostics);
    const auto shard = static_cast<uint32_t>(checkpoint.shards.size());
    for (size_t i = 0; i < header->tensors.size(); ++i) {
      header->tensors[i].shard = shard;
      checkpoint.tensors.push_back(std::move(header->tensors[i]));
      const auto number = static_cast<uint32_t>(checkpoint.tensors.size() - 1);
      if (lookup->insert(checkpoint.tensors, number, header->name_hashes[i])) continue;
      const StoredTensor& added = checkpoint.tensors.back();
      const StoredTensor& first = checkpoint.tensors[static_cast<size_t>(lookup->find(checkpoint.tensors, added.name))];
      const std::string& first_file = first.shard == shard ? header->shard.file : checkpoint.shards[first.shard].file;
      diagnostics.report(codes::L7005, fmt::format("`{}` is stored twice: in `{}` and in `{}`", added.name, first_file,
                                                  header->shard.file));
    }
    hashes.push_back(header->hash);
    checkpoint.shards.push_back(std::move(header->shard));
    storage->push_back(std::move(header->storage));
  }
  checkpoint.header_hash = XXH3_64bits(hashes.data(), hashes.size() * sizeof(uint64_t));
  checkpoint.storage = std::move(storage);
  checkpoint.index = std::move(lookup);
}

void warn_of_strays(const Listing& listing, const std::vector<std::string>& shards, Diagnostics& diagnostics) {
  for (const std::string& file : listing.safetensors) {
    if (std::binary_search(shards.begin(), shards.end(), file)) continue;
    diagnostics.report(codes::L7006, fmt::format("`{}` is no part of the checkpoint and is left out", file))
        .note("servers that read every safetensors file of a folder would read it");
  }
}

bool read_config(const std::string& folder, Checkpoint& checkpoint, Diagnostics& diagnostics) {
  std::string error;
  auto text = read_whole(folder + "/config.json", error);
  if (!text) {
    diagnostics.report(codes::L7002, fmt::format("`config.json` of `{}` cannot be read: {}", folder, error));
    return false;
  }
  checkpoint.config_text = std::move(*text);
  return true;
}

}  // namespace

int64_t Checkpoint::find(std::string_view name) const {
  return index ? static_cast<const TensorLookup*>(index.get())->find(tensors, name) : -1;
}

std::optional<Checkpoint> read_checkpoint(const std::string& folder, Diagnostics& diagnostics) {
  Checkpoint checkpoint;
  checkpoint.path = folder;
  auto listing = list(folder, diagnostics);
  if (!listing || !read_config(folder, checkpoint, diagnostics)) return std::nullopt;

  Raw raw = read_all(folder, *listing);
  diagnostics.append(std::move(raw.index_report));
  if (listing->indexed && !raw.index) return std::nullopt;
  auto files = raw.index ? std::optional(raw.index->files) : shards_without_index(folder, *listing, diagnostics);
  if (!files) return std::nullopt;
  bool complete = true;
  std::vector<std::optional<ShardHeader>> headers;
  for (const std::string& file : *files) {
    auto found = raw.headers.find(file);
    if (found == raw.headers.end()) {
      diagnostics
          .report(codes::L7004, fmt::format("`{}` names `{}`, but the folder has no such file", index_file, file))
          .help("download the missing shard");
      complete = false;
      continue;
    }
    diagnostics.append(std::move(found->second.second));
    complete &= found->second.first.has_value();
    headers.push_back(std::move(found->second.first));
  }
  if (!complete) return std::nullopt;
  warn_of_strays(*listing, *files, diagnostics);
  const size_t before = diagnostics.size();
  join(headers, checkpoint, diagnostics);
  if (raw.index) compare_with_index(*raw.index, checkpoint, diagnostics);
  for (size_t i = before; i < diagnostics.size(); ++i)
    if (diagnostics.items()[i].severity == Severity::Error) return std::nullopt;
  checkpoint.indexed = listing->indexed;
  checkpoint.other_files = std::move(listing->others);
  return checkpoint;
}

}  // namespace lcr
