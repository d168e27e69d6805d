#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/facts/channels.h"
#include "compiler/facts/facts.h"
#include "compiler/model/graph.h"

namespace lcr {

// A weight channel that writes or reads a channel of a value.
struct Use {
  TemplateId owner = 0;
  uint32_t module = 0;
  bool experts = false;
  uint32_t instance = none_id;
  Side::Action action = Side::Action::WriteRows;
  uint32_t entry = 0;        // row, column or entry of the weight
  uint32_t channel = 0;      // of Channels
  double power = 1.0;        // the value that the weight sees carries sigma_channel ^ power
};

// The scales of one template's channels: every node's constraint, and the weights that absorb what stays free.
struct ScaleProblem {
  Channels channels;
  std::vector<uint32_t> first;      // channel 0 of each value
  std::vector<Use> uses;
  std::vector<uint32_t> late;       // products of two values, decided when the rest is known
};

// Channels of a value: the product of its dimensions, at least one.
size_t width_of(const Value& value);

// The problem of one template with its callees solved before (indices into `solved`). Inputs and outputs are free: the
// caller knows what they are. `whole` (the model itself) fixes them.
ScaleProblem pose(const ModelGraph& graph, TemplateId id, const std::map<TemplateId, ScaleProblem>& solved);

}  // namespace lcr
