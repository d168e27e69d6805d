#pragma once

#include <optional>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/checkpoint.h"
#include "compiler/model/graph.h"

namespace lcr {

struct ElaborateOptions {
  std::string architecture_file;  // `--architecture FILE`: used instead of looking up the class in stdlib
};

// Finds the description of the checkpoint's class (stdlib, or the given file), evaluates it against config.json and
// claims every tensor of the checkpoint exactly once. Reports unknown classes with the nearest ones, absent keys,
// shapes that differ, unclaimed or missing tensors; keys of config.json that nothing read are warnings.
std::optional<ModelGraph> elaborate(Sources& sources, const Checkpoint& checkpoint, const ElaborateOptions& options,
                                    Diagnostics& diagnostics);

// `--model DIR` or `--tree FILE`, then elaborate.
struct LoadedModel {
  Checkpoint checkpoint;
  ModelGraph graph;
};

}  // namespace lcr
