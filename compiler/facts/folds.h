#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "compiler/facts/facts.h"
#include "compiler/facts/users.h"

namespace lcr {

// A norm of the residual stream with all linears that read what it gives: its weight can be folded into them.
struct NormFold {
  TemplateId owner = 0;
  uint32_t module = 0;
  bool centred = false;  // it subtracts the mean: every writer of the stream is centred before
  // (template, module). A reader of another template than the norm's reads it through calls, from the model's own
  // template, or is an expert's.
  std::vector<std::pair<TemplateId, uint32_t>> readers;
};

// One for each of Rotations::norms.
std::vector<NormFold> derive_folds(const ModelGraph& graph, const Rotations& rotations);

// What is added to a norm's stored weight before it multiplies.
double norm_offset(const ModelGraph& graph, uint32_t module);

// The linears that read a value through casts, calls and routing; nothing when something else reads it too.
using ModuleSet = std::set<std::pair<TemplateId, uint32_t>>;
std::optional<ModuleSet> linear_readers(const ModelGraph& graph, const Users& users, Place place);

}  // namespace lcr
