#include "backend/execute/tied_copies.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "compiler/diagnostics/codes/run.h"

namespace lcr {
namespace {

constexpr uint64_t step_bytes = 4 << 20;

struct Reading {
  SourceFiles& files;
  const std::atomic<bool>& stop;
  Diagnostics& diagnostics;
  std::vector<std::byte> a = std::vector<std::byte>(step_bytes), b = std::vector<std::byte>(step_bytes);

  // Nothing when something could not be read.
  std::optional<bool> equal(const StoredTensor& one, const StoredTensor& other) {
    if (one.dtype != other.dtype || one.shape != other.shape) return false;
    for (uint64_t at = 0; at < one.bytes(); at += step_bytes) {
      const auto size = static_cast<size_t>(std::min(step_bytes, one.bytes() - at));
      if (stop || !files.read(one.shard, one.begin + at, {a.data(), size}, diagnostics) ||
          !files.read(other.shard, other.begin + at, {b.data(), size}, diagnostics))
        return std::nullopt;
      if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(size), b.begin())) return false;
    }
    return true;
  }
};

}  // namespace

bool check_tied_copies(const ModelGraph& graph, const Checkpoint& checkpoint, SourceFiles& files,
                       const std::atomic<bool>& stop, Diagnostics& diagnostics) {
  Reading reading{files, stop, diagnostics};
  for (const Tie& tie : graph.ties) {
    if (!tie.stored) continue;
    const std::string_view copy = graph.modules[tie.module].path, original = graph.modules[tie.to].path;
    const int64_t first = checkpoint.find(fmt::format("{}.weight", copy));
    const int64_t second = checkpoint.find(fmt::format("{}.weight", original));
    if (first < 0 || second < 0) continue;
    const auto same = reading.equal(checkpoint.tensors[size_t(first)], checkpoint.tensors[size_t(second)]);
    if (!same) return false;
    if (*same) continue;
    diagnostics
        .report(codes::L6004, fmt::format("the stored weight of `{}` differs from that of `{}`, to which the model ties it",
                                          copy, original))
        .help("correct `tie_word_embeddings` in config.json if the model is not tied, or remove the stray copy");
    return false;
  }
  return true;
}

}  // namespace lcr
