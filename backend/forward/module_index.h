#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "compiler/model/graph.h"

namespace lcr {

// Finds the model's module that an instance of a template's module is.
class ModuleIndex {
 public:
  explicit ModuleIndex(const ModelGraph& graph);

  // `expert` is -1 outside of dispatches.
  uint32_t find(uint32_t instance, TemplateId owner, uint32_t local, int32_t expert) const;
  // The instance that a Call of the model's own template runs.
  uint32_t instance_of_call(uint32_t node) const { return by_call_.at(node); }

 private:
  std::unordered_map<uint64_t, uint32_t> by_place_;
  std::unordered_map<uint32_t, uint32_t> by_call_;
};

}  // namespace lcr
