#pragma once

#include <array>
#include <mutex>
#include <optional>

#include "compiler/model/graph.h"
#include "compiler/select/name_tree.h"

namespace lcr {

// The names of one model as trees: made when the first glob needs them, from any thread, and then shared by everything
// that matches selections against the model.
class NameTrees {
 public:
  // The graph must outlive it.
  explicit NameTrees(const ModelGraph& graph) : graph_(graph) {}
  // Of modules, or of attention points.
  const NameTree& of(bool points) const;

 private:
  const ModelGraph& graph_;
  mutable std::array<std::once_flag, 2> made_;
  mutable std::array<std::optional<NameTree>, 2> trees_;
};

}  // namespace lcr
