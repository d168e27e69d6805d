#include "tests/parity/parity_model.h"

#include <gtest/gtest.h>

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
