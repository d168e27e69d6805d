#include "backend/execute/cut_model.h"

#include <filesystem>

#include "backend/storage/shard_writer.h"
#include "backend/storage/source_files.h"

namespace lcr {
namespace {

namespace fs = std::filesystem;

// Checkpoints name their files relative to their folder, which may be reached through links.
std::string seen_from(const std::string& folder, const std::string& file) {
  std::error_code error;
  return fs::relative(fs::weakly_canonical(file, error), fs::weakly_canonical(folder, error), error).string();
}

// The kept rows of a stored tensor, appended.
bool append_rows(SourceFiles& files, const StoredTensor& from, const std::vector<int64_t>& kept, std::string& into,
                 Diagnostics& diagnostics) {
  std::vector<std::byte> whole(from.bytes());
  if (!files.read(from.shard, from.begin, whole, diagnostics)) return false;
  const size_t row = whole.size() / static_cast<size_t>(from.shape[0]);
  for (int64_t expert : kept) into.append(reinterpret_cast<const char*>(whole.data()) + static_cast<size_t>(expert) * row, row);
  return true;
}

}  // namespace

std::optional<LoadedModel> cut_model(const LoadedModel& source, double share, const KeptExperts& kept, const std::string& file,
                                     const ElaborateOptions& options, Diagnostics& diagnostics) {
  auto cut = cut_experts(source.checkpoint, source.graph, share, &kept, options, diagnostics);
  if (!cut) return std::nullopt;
  SourceFiles files(source.checkpoint.path, source.checkpoint);
  std::string bytes;
  const auto shard = static_cast<uint32_t>(cut->checkpoint.shards.size());
  for (const RowCut& row : cut->rows) {
    // As safetensors files do: elements lie at multiples of their size.
    bytes.resize((bytes.size() + 7) / 8 * 8);
    StoredTensor& tensor = cut->checkpoint.tensors[row.tensor];
    tensor.shard = shard;
    tensor.begin = bytes.size();
    if (!append_rows(files, source.checkpoint.tensors[row.source], kept.at(row.place), bytes, diagnostics)) return std::nullopt;
    tensor.end = bytes.size();
  }
  if (!write_synced(file, bytes, diagnostics)) return std::nullopt;
  cut->checkpoint.shards.push_back({seen_from(source.checkpoint.path, file), bytes.size(), 0});
  return LoadedModel{std::move(cut->checkpoint), std::move(cut->graph)};
}

}  // namespace lcr
