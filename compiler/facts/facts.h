#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/model/graph.h"

// What follows from the model graph alone, computed once a template. Derivations and their soundness:
// docs/architectures.md. Indices of modules are into Template::modules of the template named, unless said otherwise.
namespace lcr {

// Linears that read the same value (through casts and views): one second moment, one observer for all of them.
struct SharedInput {
  TemplateId owner = 0;
  std::vector<uint32_t> modules;
  // With route = every_expert the linears of all experts that read the dispatched rows themselves join the group of
  // the dispatch's input; `experts` names the expert template's modules that do.
  TemplateId expert_owner = none_id;
  std::vector<uint32_t> experts;
};

// A module's side in a smoothing set: which rows or columns, and to which power of s they scale.
struct Side {
  TemplateId owner = 0;
  uint32_t module = 0;
  std::string tensor = "weight";      // a bare parameter is ""
  std::vector<int64_t> channels;      // channel[c] of the scale vector belongs to row/column channels… see .cpp
  double power = 1.0;
  double offset = 0;                  // norms: (w + offset) / s - offset
};

// A degree of freedom: dividing what `writers` write and multiplying what `readers` read by s leaves the function
// unchanged. `width`: entries of s (GQA: kv_heads * head_dim).
struct SmoothingSet {
  TemplateId scope = 0;               // template whose instance the set repeats in; 0: the model
  int64_t width = 0;
  std::vector<Side> writers, readers;
};

// Why a writer's output cannot be scaled.
struct SmoothingRefusal {
  TemplateId owner = 0;
  uint32_t module = 0;
  std::string reason;                 // "rms_norm `post_attention_layernorm` reads it"
};

struct Rotations {
  bool r1_legal = false;
  std::vector<std::string> r1_forbidden;         // reasons
  // (template, module) of what writes and reads the residual stream, norms to fold, LayerNorms whose writers are
  // centred first.
  std::vector<std::pair<TemplateId, uint32_t>> writers, readers, norms, centred;
  struct Heads {                                  // R2: one a attend
    TemplateId owner = 0;
    uint32_t node = 0;
    uint32_t value_module = none_id;
    int64_t row_begin = 0;                        // of the value rows in the module's weight
    int64_t heads = 0, width = 0;                 // kv heads, rows of one
    int64_t query_heads = 0;
    std::vector<uint32_t> readers;                // modules that read the attended heads
    bool legal = false;
    std::string reason;
  };
  std::vector<Heads> heads;
};

// Cuts of a template after which the next linears' inputs depend on weights rewritten before: stage k holds the
// modules whose inputs depend on k rewritten linears in sequence.
struct Stages {
  TemplateId owner = 0;
  struct Member {
    TemplateId owner;   // the template itself or its expert template
    uint32_t module;
  };
  std::vector<std::vector<Member>> stages;
};

struct Facts {
  std::vector<SharedInput> shared;
  std::vector<SmoothingSet> smoothing;
  std::vector<SmoothingRefusal> refused;
  Rotations rotations;
  std::vector<Stages> stages;   // one a layer template
};

Facts derive(const ModelGraph& graph);

}  // namespace lcr
