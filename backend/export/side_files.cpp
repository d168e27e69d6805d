#include "backend/export/side_files.h"

#include <filesystem>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "backend/export/quantization_config.h"
#include "backend/storage/shard_writer.h"
#include "compiler/diagnostics/codes/run.h"

namespace lcr {

namespace fs = std::filesystem;

bool copy_other_files(const Checkpoint& checkpoint, const std::string& source, const std::string& out,
                      Diagnostics& diagnostics) {
  for (const std::string& file : checkpoint.other_files) {
    fs::path from = fs::path(source) / file, to = fs::path(out) / file;
    std::error_code error;
    fs::create_directories(to.parent_path(), error);
    // An earlier copy may be as read-only as its source.
    if (!error) fs::remove(to, error);
    if (!error) fs::copy_file(from, to, error);
    if (error) {
      diagnostics.report(codes::L6010, fmt::format("`{}` cannot be copied to `{}`: {}", from.string(), to.string(), error.message()))
          .help("check that it is readable and that there is space, then go on with `--resume`");
      return false;
    }
  }
  return true;
}

std::string index_text(const std::vector<ShardLayout>& shards) {
  if (shards.size() == 1 && shards[0].file == "model.safetensors") return {};
  // Not the ordered kind: its look-ups are linear, and a big model has 250,000 tensors.
  nlohmann::json index, map = nlohmann::json::object();
  uint64_t total = 0;
  for (const ShardLayout& shard : shards) {
    for (const OutputTensor& tensor : shard.tensors) {
      map[tensor.name] = shard.file;
      total += tensor.end - tensor.begin;
    }
  }
  index["metadata"] = {{"total_size", total}};
  index["weight_map"] = std::move(map);
  return index.dump(2) + "\n";
}

bool write_side_files(const Checkpoint& checkpoint, const std::string& source, const std::string& out, const Plan& plan,
                      const PlannedExport& exported, const std::vector<ShardLayout>& shards, Diagnostics& diagnostics) {
  if (!copy_other_files(checkpoint, source, out, diagnostics)) return false;
  fs::path folder(out);
  std::string index = index_text(shards);
  if (!index.empty() && !write_synced((folder / "model.safetensors.index.json").string(), index, diagnostics)) return false;
  return write_synced((folder / "config.json").string(), exported_config(checkpoint.config_text, plan, exported), diagnostics);
}

}  // namespace lcr
