#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/language/encoding.h"
#include "compiler/model/checkpoint.h"
#include "compiler/model/graph.h"
#include "planner/plan/plan.h"

namespace lcr {

// One tensor of an output file and what makes it.
struct OutputTensor {
  enum class Source : uint8_t {
    Stored,   // bytes of Checkpoint::tensors[stored], converted when the dtypes differ
    Logical,  // TemplateModule::tensors[tensor] of `module`, decoded and cut as its view says (weights of a dense export of
              // a quantized module: the dequantized codes), converted to `dtype`
    Encoded,  // `part` of the module's encoding
  };
  std::string name;
  Dtype dtype = Dtype::BF16;
  Dims shape;
  uint64_t begin = 0, end = 0;  // bytes, from the start of the file
  Source source = Source::Stored;
  Part part = Part::Codes;
  uint32_t unit = 0, instance = 0, job = 0;
  int32_t expert = -1;
  int32_t module = -1;          // into ModelGraph::modules
  int32_t stored = -1;          // into Checkpoint::tensors
  uint32_t tensor = 0;          // into TemplateModule::tensors
};

// An output file, complete: its header is known before the first weight is read.
struct ShardLayout {
  std::string file;
  std::string header;           // the first bytes of the file: length, JSON, padding
  uint64_t bytes = 0;           // of the whole file
  std::vector<OutputTensor> tensors;  // by offset
};

// Where names lead. Built once; the graph and the checkpoint must outlive it.
struct NameIndex {
  explicit NameIndex(const ModelGraph& graph);
  std::unordered_map<std::string_view, uint32_t> modules;
  // The module of that path, or -1.
  int64_t module(std::string_view path) const;
};

// The dtype that a module's scales of ScaleType::Model take and that dense tensors are written in: the export's, else the
// stored one.
Dtype export_dtype(const PlannedExport& exported, Dtype stored);

// The tensors that one job makes for one instance and expert, in order, without offsets. Empty when a name of the plan
// is not in the model.
std::vector<OutputTensor> outputs_of(const Plan& plan, const PlannedExport& exported, uint32_t unit, uint32_t instance,
                                     uint32_t job, int64_t expert, const ModelGraph& graph, const Checkpoint& checkpoint,
                                     const NameIndex& names);

// Offsets and header for tensors in this order; tensors whose offset would not be a multiple of their element's size
// make the whole file be sorted by element size, largest first (readers view the bytes in place).
ShardLayout lay_out(std::string file, std::vector<OutputTensor> tensors);

// Every file of one export.
std::vector<ShardLayout> layout_outputs(const Plan& plan, size_t export_index, const ModelGraph& graph,
                                        const Checkpoint& checkpoint);

}  // namespace lcr
