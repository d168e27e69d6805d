#pragma once

#include <string>
#include <vector>

#include "compiler/model/graph.h"

namespace lcr {

// A module of a template, in one use of it, or in all when `instance` is none_id.
struct ModulePlace {
  TemplateId owner = 0;
  uint32_t module = 0;
  uint32_t instance = none_id;
};

// Names modules with layers and experts collapsed: `model.layers.{0..2}.mlp.experts.*.up_proj`.
class PlaceNames {
 public:
  explicit PlaceNames(const ModelGraph& graph);

  // The paths of the template's uses: `model.layers.{0,2}`; of the model itself `model`.
  std::string uses(const std::vector<TemplateId>& templates) const;
  // Relative to the layer that holds it.
  std::string relative(TemplateId owner, uint32_t module) const;
  // Absolute, one entry for what differs in its layer alone, in the order given.
  std::vector<std::string> absolute(const std::vector<ModulePlace>& places) const;
  // The template of the layer that holds an expert template, itself for others.
  TemplateId layer_of(TemplateId id) const { return layer_[id]; }

 private:
  std::vector<uint32_t> instances_of(TemplateId id) const;

  const ModelGraph& graph_;
  std::vector<std::vector<TemplateId>> callers_;  // of an expert template: the layers that dispatch to it
  std::vector<TemplateId> layer_;
  std::vector<std::string> prefix_;               // of an expert template's modules, with its dot
};

}  // namespace lcr
