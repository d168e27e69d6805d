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

// How a module takes part in a smoothing set, and which of its channels have which entry of the scale vector.
struct Side {
  enum class Action : uint8_t {
    WriteRows,     // linear, conv: rows of the weight, and the bias, divided
    WriteWidth,    // embedding, positions: columns of the table divided
    WriteNorm,     // norm: (w + offset) / s - offset, and the bias divided
    WriteEntries,  // a bare parameter divided
    ReadColumns,   // linear, conv over frames: columns of the weight multiplied
    ReadRows,      // depthwise conv: rows of the weight multiplied
  };
  TemplateId owner = 0;
  uint32_t module = 0;              // into Template::modules of owner
  bool experts = false;             // of every expert of the dispatch
  uint32_t instance = none_id;      // into ModelGraph::instances; none_id: that of the set
  Action action = Action::WriteRows;
  double power = 1.0;               // of s that this side has
  std::vector<int32_t> entries;     // of each row, column or entry: index into s; -1: not part of the set
};

// A degree of freedom: dividing what the writers write and multiplying what the readers read by s (one number a class
// of channels) leaves the function unchanged. A set of a template is one for each of its instances; of an expert
// template, one for each expert.
struct SmoothingSet {
  TemplateId owner = 0;
  int64_t width = 0;                // entries of s; grouped-query attention has kv_heads * head_dim
  std::vector<Side> writers, readers;
};

// Why nothing that a writer writes can be scaled.
struct SmoothingRefusal {
  TemplateId owner = 0;
  uint32_t module = 0;
  std::string reason;               // "rms_norm `post_attention_layernorm` reads it"
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
    // Row c of kv head h is row row_begin + h * row_stride + c of the module's weight.
    int64_t row_begin = 0, row_stride = 0;
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

// The value behind casts and views: the same numbers.
ValueId behind_casts(const Template& self, ValueId value);

// The parts of it.
std::vector<SharedInput> derive_shared_inputs(const ModelGraph& graph);
void derive_smoothing(const ModelGraph& graph, std::vector<SmoothingSet>& sets, std::vector<SmoothingRefusal>& refused);
Rotations derive_rotations(const ModelGraph& graph);
std::vector<Stages> derive_stages(const ModelGraph& graph);

}  // namespace lcr
