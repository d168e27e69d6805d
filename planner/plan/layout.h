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
    Logical,  // TemplateModule::tensors[tensor] of `module`, decoded and cut as its view says (weights of a dense
              // export of a quantized module: the dequantized codes), converted to `dtype`
    Encoded,  // `part` of the module's encoding, or of the scales of an attention point
    Matrix,   // of a rotation at run time: Plan::matrices by `name`
  };
  std::string name;
  Dtype dtype = Dtype::BF16;
  Dims shape;
  uint64_t begin = 0, end = 0;  // bytes, from the start of the file
  Source source = Source::Stored;
  Part part = Part::Codes;
  uint32_t unit = 0, instance = 0, job = 0;
  int32_t expert = -1;
  int32_t module = -1;  // into ModelGraph::modules
  int32_t point = -1;   // into ModelGraph::points
  int32_t stored = -1;  // into Checkpoint::tensors
  uint32_t tensor = 0;  // into TemplateModule::tensors
};

// An output file, complete: its header is known before the first weight is read.
struct ShardLayout {
  std::string file;
  std::string header;                 // the first bytes of the file: length, JSON, padding
  uint64_t bytes = 0;                 // of the whole file
  std::vector<OutputTensor> tensors;  // by offset
};

// Where names lead, and which stored tensors are no plain numbers. Built once; the graph must outlive it.
struct NameIndex {
  NameIndex(const ModelGraph& graph, const Checkpoint& checkpoint);
  // The module of that path, or -1.
  int64_t module(std::string_view path) const;
  // The attention point of that path, or -1.
  int64_t point(std::string_view path) const;

  std::unordered_map<std::string_view, uint32_t> modules, points;
  // Verbatim: never converted. BlockScale: the scales of FP8 blocks, which an export to compressed_tensors renames.
  enum class Raw : uint8_t { No, Verbatim, BlockScale };
  std::vector<Raw> raw;  // of Checkpoint::tensors
};

// The view of TemplateModule::tensors[tensor]: the module's own, or of the weight that it is tied to; null when absent.
const TensorView* view_of(const ModelGraph& graph, uint32_t module, uint32_t tensor);

// (job, expert) of a run in the order of the file; expert -1 for jobs without.
template <class Step>
void for_each_step(const ShardRun& run, Step step) {
  if (run.last_expert < run.first_expert) {
    for (uint32_t job = run.first_job; job <= run.last_job; ++job) step(job, int64_t{-1});
    return;
  }
  for (int64_t expert = run.first_expert; expert <= run.last_expert; ++expert)
    for (uint32_t job = run.first_job; job <= run.last_job; ++job) step(job, expert);
}

// What dense tensors are written in, and what scales of ScaleType::Model take: the export's dtype, else the stored one.
// Only BF16, F16 and F32 are ever converted.
Dtype export_dtype(const PlannedExport& exported, Dtype stored);

// Of a stored matrix: entries of Hadamard matrices are +-1.
Dtype matrix_dtype(const OnlineMatrix& matrix);

// What scales of ScaleType::Model take in calibrated weights, which are solved once for all exports: what the first
// export with scales takes for a weight stored so.
Dtype solved_scale_dtype(const Plan& plan, Dtype stored);

// The tensors that one job makes for one instance and expert, in order, without offsets. Empty when a name of the plan
// is not in the model.
std::vector<OutputTensor> outputs_of(const Plan& plan, const PlannedExport& exported, uint32_t unit, uint32_t instance,
                                     uint32_t job, int64_t expert, const ModelGraph& graph,
                                     const Checkpoint& checkpoint, const NameIndex& names);

// Offsets and header for tensors in this order; tensors whose offset would not be a multiple of their element's size
// make the whole file be sorted by element size, largest first (readers view the bytes in place).
ShardLayout lay_out(std::string file, std::vector<OutputTensor> tensors);

// Every file of one export.
std::vector<ShardLayout> layout_outputs(const Plan& plan, size_t export_index, const ModelGraph& graph,
                                        const Checkpoint& checkpoint);
std::vector<ShardLayout> layout_outputs(const Plan& plan, size_t export_index, const ModelGraph& graph,
                                        const Checkpoint& checkpoint, const NameIndex& names);

}  // namespace lcr
