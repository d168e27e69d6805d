#pragma once

#include <memory>
#include <string>

#include "backend/forward/weights.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/elaborate.h"

namespace lcr {

struct ActivationFormats;

// A model folder ready to run.
struct RunnableModel {
  Checkpoint checkpoint;
  ModelGraph graph;
  std::unique_ptr<CheckpointWeights> weights;
  std::shared_ptr<ActivationFormats> activations;  // null: none are quantized or rotated

  // Rows of the logits.
  int64_t vocabulary() const;
  // Width of what flows from layer to layer.
  int64_t width() const;
};

// Null after diagnostics: what cannot be read, claimed or run. `architecture` may be empty.
std::unique_ptr<RunnableModel> load_runnable(Sources& sources, const std::string& folder, const std::string& architecture,
                                             Diagnostics& diagnostics);

}  // namespace lcr
