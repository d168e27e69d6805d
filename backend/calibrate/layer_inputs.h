#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "compiler/model/graph.h"

namespace lcr {

// A value that is looked at, most often one that linears read: of the layer (expert -1), or of one expert. What reads it
// through casts and views shares its statistics, as far as it is read rotated alike.
struct InputKey {
  TemplateId owner = 0;
  ValueId value = 0;
  int32_t expert = -1;
  bool whole = false;    // all that the linear gives whose last output the value is
  int32_t rotation = 0;  // number of the matrix; 0: as it is
  auto operator<=>(const InputKey&) const = default;
};

// One value to look at in a pass. Of the layer: the value itself. Of experts: a value of the expert template, for every
// expert of the dispatch node.
struct LookedAt {
  ValueId value = 0;             // into the layer's template, or the expert's
  uint32_t dispatch = none_id;   // node of the layer's template
  bool whole = false;            // with the other outputs of its linear, before it
  bool operator==(const LookedAt&) const = default;
};

// The values that are looked at together, in order; of the template that `at` stands in.
std::vector<ValueId> values_at(const Template& self, const LookedAt& at);

// Where the linears of one layer template find their inputs, and leave their outputs.
class LayerInputs {
 public:
  // With `shared` every expert sees every token: what experts read of the dispatched rows themselves is one value.
  LayerInputs(const ModelGraph& graph, TemplateId layer, bool shared);

  // Of a linear by its owner (the layer or an expert template), its number there, and its expert (-1 in the layer).
  InputKey key(TemplateId owner, uint32_t local, int32_t expert) const;
  LookedAt where(TemplateId owner, uint32_t local) const;
  // Where the inputs of modules are, each place once.
  std::vector<LookedAt> places(const ModelGraph& graph, const std::vector<uint32_t>& modules) const;
  // The same of what a linear gives, of all its outputs together where there are several.
  InputKey output_key(TemplateId owner, uint32_t local, int32_t expert) const;
  LookedAt output_where(TemplateId owner, uint32_t local) const;
  bool knows(TemplateId owner, uint32_t local) const { return places_.contains({owner, local}); }
  // The dispatch whose experts an expert template's are; none_id for the layer's own.
  uint32_t dispatch_of(TemplateId owner) const;

 private:
  struct Place {
    InputKey key;  // expert 0 stands for all, -1 for what they share
    LookedAt at;
    InputKey output_key;
    LookedAt output_at;
  };
  std::map<std::pair<TemplateId, uint32_t>, Place> places_;
  std::map<TemplateId, uint32_t> dispatches_;
};

}  // namespace lcr
