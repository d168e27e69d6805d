#include "tests/parity/parity_model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "backend/forward/execution.h"
#include "compiler/model/elaborate.h"
#include "tests/parity/reference.h"

namespace lcr {

at::Tensor ParityModel::logits(const Weights& weights) const {
  Forward forward(graph, weights, {});
  forward.start({pack_of(ids)});
  return forward.finish(0);
}

double ParityModel::change(const Weights& weights) const {
  return ((logits(weights) - before).abs().max() / before.abs().max()).item<double>();
}

void centre_norms(ModelGraph& graph, const Rotations& rotations) {
  for (auto [owner, module] : rotations.centred)
    for (Node& node : graph.templates[owner].nodes)
      if (node.module == module) node.attributes.centred = true;
}

std::unique_ptr<ParityModel> load(const std::string& name) {
  return load(parity_folder() + "/" + name, "", read_reference(name).at("input_ids"));
}

std::unique_ptr<ParityModel> load(const std::string& name, const std::map<std::string, int>& changes) {
  if (changes.empty()) return load(name);
  const std::filesystem::path from = parity_folder() + "/" + name, to = testing::TempDir() + "lcr_changed_" + name;
  std::filesystem::remove_all(to);
  std::filesystem::create_directories(to);
  for (const auto& file : std::filesystem::directory_iterator(from))
    if (const auto own = file.path().filename(); own != "config.json")
      std::filesystem::create_symlink(file.path(), to / own);
  std::ifstream in(from / "config.json");
  std::string config{std::istreambuf_iterator<char>(in), {}};
  for (const auto& [key, value] : changes) {
    const std::regex number("\"" + key + "\": *[0-9]+");
    EXPECT_TRUE(std::regex_search(config, number)) << key;
    config = std::regex_replace(config, number, "\"" + key + "\": " + std::to_string(value));
  }
  std::ofstream(to / "config.json") << config;
  return load(to.string(), "", read_reference(name).at("input_ids"));
}

std::unique_ptr<ParityModel> load(const std::string& folder, const std::string& architecture_file, const at::Tensor& ids) {
  auto loaded = std::make_unique<ParityModel>();
  Diagnostics diagnostics;
  auto checkpoint = read_checkpoint(folder, diagnostics);
  EXPECT_TRUE(checkpoint) << messages(diagnostics);
  if (!checkpoint) return nullptr;
  loaded->checkpoint = std::move(*checkpoint);
  ElaborateOptions options;
  options.architecture_file = architecture_file;
  auto graph = elaborate(loaded->sources, loaded->checkpoint, options, diagnostics);
  EXPECT_TRUE(graph) << messages(diagnostics);
  if (!graph) return nullptr;
  loaded->graph = std::move(*graph);
  loaded->base = CheckpointWeights::open(loaded->checkpoint, loaded->graph, diagnostics);
  EXPECT_TRUE(loaded->base) << messages(diagnostics);
  if (!loaded->base) return nullptr;
  loaded->facts = derive(loaded->graph);
  loaded->ids = ids;
  loaded->before = loaded->logits(*loaded->base);
  return loaded;
}

}  // namespace lcr
