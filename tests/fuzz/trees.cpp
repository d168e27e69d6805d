#include <array>
#include <cstdlib>

#include "tests/fuzz/targets.h"

namespace lcr::fuzz {

namespace {

// Inputs of the corpus name them by number: new ones go to the end.
constexpr std::array kTrees = {"llama", "qwen3_moe", "deepseek_v2", "gemma3", "nemotron_h", "whisper", "gpt_oss", "llava"};

Checkpoint read_tree(const char* name) {
  const char* data = std::getenv("LCR_FUZZ_TREES");
  Diagnostics diagnostics;
  auto checkpoint =
      read_snapshot(std::string(data ? data : LCR_SOURCE_DIR "/tests/golden/trees") + "/" + name + ".json", diagnostics);
  require(checkpoint.has_value(), "the trees can be read");
  return std::move(*checkpoint);
}

}  // namespace

const Checkpoint& tree(size_t index) {
  static const auto trees = [] {
    std::array<Checkpoint, kTrees.size()> read;
    for (size_t i = 0; i < kTrees.size(); ++i) read[i] = read_tree(kTrees[i]);
    return read;
  }();
  return trees[index % kTrees.size()];
}

const LoadedModel& model() {
  static const LoadedModel loaded = [] {
    Sources sources;
    Diagnostics diagnostics;
    Checkpoint checkpoint = read_tree("qwen3_moe");
    auto graph = elaborate(sources, checkpoint, {}, diagnostics);
    require(graph.has_value(), "the model is understood");
    return LoadedModel{std::move(checkpoint), std::move(*graph)};
  }();
  return loaded;
}

}  // namespace lcr::fuzz
