#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/forward/pack.h"
#include "backend/forward/tensor.h"
#include "backend/forward/weights.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/language/dtype.h"
#include "compiler/model/graph.h"

namespace lcr {

struct ActivationFormats;

struct ForwardOptions {
  Dtype dtype = Dtype::F32;     // F32, or the model's own
  std::string device = "cpu";
  // Bytes of decoded weights that stay between layers; what does not fit is decoded again for every run.
  uint64_t resident_bytes = uint64_t{4} << 30;
  const ActivationFormats* activations = nullptr;
  // Called with the first output of every layer, [rows, width], for every pack: its index in the decoder stack.
  std::function<void(int64_t layer, size_t pack, const at::Tensor&)> observe;
};

// Why the graph cannot run on texts, as the sentence of a diagnostic; nothing when it can.
std::optional<std::string> cannot_run(const ModelGraph& graph);

// Runs a model on packed texts, layer by layer: every layer's weights are loaded once for all packs of a run.
class Forward {
 public:
  // `graph` and `weights` must outlive this. The graph must be one that can run.
  Forward(const ModelGraph& graph, const Weights& weights, ForwardOptions options);
  ~Forward();

  // Runs all layers; between layers only the values that cross them are kept. Drops the packs of the run before.
  void start(const std::vector<Pack>& packs);
  // What follows the last layer, for one pack: the logits [rows, vocabulary]. Once for each pack.
  at::Tensor finish(size_t pack);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lcr
