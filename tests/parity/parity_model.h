#pragma once

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>

#include "backend/forward/weights.h"
#include "compiler/facts/facts.h"
#include "compiler/model/checkpoint.h"
#include "compiler/model/graph.h"

namespace lcr {

// A model with its facts, and its logits for some ids before anything is rewritten.
struct ParityModel {
  Sources sources;
  Checkpoint checkpoint;
  ModelGraph graph;
  std::unique_ptr<CheckpointWeights> base;
  Facts facts;
  at::Tensor ids, before;

  at::Tensor logits(const Weights& weights) const;
  // Largest change of a logit against the largest logit.
  double change(const Weights& weights) const;
};

// Tells the LayerNorms of the residual stream that what they read has the mean zero: after a rotation it does not show.
void centre_norms(ModelGraph& graph, const Rotations& rotations);

// A model of the tests' folder with the ids of its reference; null with failures of the running test.
std::unique_ptr<ParityModel> load(const std::string& name);
// Such a model with other numbers in its config.json, by their names; all of them have to stand there.
std::unique_ptr<ParityModel> load(const std::string& name, const std::map<std::string, int>& changes);
// Any folder, with an architecture text of its own if one is named, and ids [sequences, length].
std::unique_ptr<ParityModel> load(const std::string& folder, const std::string& architecture_file, const at::Tensor& ids);

}  // namespace lcr
