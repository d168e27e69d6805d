#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "backend/forward/tensor.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/graph.h"

namespace lcr {

// Of the tensors that a module declares, the one of that name; nothing: it has none.
std::optional<uint32_t> tensor_index(const ModelGraph& graph, uint32_t module, std::string_view name);
// The one called weight, or a bare parameter's own, which has no name. LCR_CHECKs that there is one.
uint32_t weight_index(const ModelGraph& graph, uint32_t module);

// Where the interpreter gets the tensors of modules from.
class Weights {
 public:
  virtual ~Weights() = default;

  // Tensor number `tensor` of the module's declaration, decoded, with its logical shape, [out, in] for a weight; in the
  // dtype of the file, or float32 where a codec decoded it. The tensor of a tied module is the one that it shares.
  // Must not be written to.
  virtual at::Tensor tensor(uint32_t module, uint32_t tensor) const = 0;
  // Rows of a table [rows, width]; `rows` are indices on the CPU.
  virtual at::Tensor rows(uint32_t module, uint32_t tensor, const at::Tensor& rows) const;
};

// The module and tensor whose storage a tensor is: another module's for the weight of a tied module.
std::pair<uint32_t, uint32_t> shared_with(const ModelGraph& graph, uint32_t module, uint32_t tensor);

// Reads from a checkpoint's files. Plain tensors are views of a memory map, so nothing is loaded before use; quantized
// ones are decoded.
class CheckpointWeights : public Weights {
 public:
  // Both must outlive this. Shards that cannot be opened are reported.
  static std::unique_ptr<CheckpointWeights> open(const Checkpoint& checkpoint, const ModelGraph& graph,
                                                 Diagnostics& diagnostics);
  ~CheckpointWeights() override;

  at::Tensor tensor(uint32_t module, uint32_t tensor) const override;
  // A stored tensor as it lies in the file, by name; undefined when there is none.
  at::Tensor stored(std::string_view name) const;
  // What could not be read so far; the tensors concerned are zeros.
  const Diagnostics& problems() const;

 private:
  struct Files;
  CheckpointWeights(const Checkpoint& checkpoint, const ModelGraph& graph, std::unique_ptr<Files> files);
  at::Tensor stored(uint32_t index) const;
  at::Tensor decoded(const TensorView& view, const Dims& shape) const;

  const Checkpoint& checkpoint_;
  const ModelGraph& graph_;
  std::unique_ptr<Files> files_;
};

// Other weights with some tensors replaced in memory. A tied module follows the module it is tied to until its own
// tensor is set.
class ChangedWeights : public Weights {
 public:
  // Both must outlive this.
  ChangedWeights(const Weights& base, const ModelGraph& graph);
  ~ChangedWeights() override;

  void set(uint32_t module, uint32_t tensor, at::Tensor value);
  // The module does not follow the one that it is tied to.
  void untie(uint32_t module);
  // Back to what the base has, for one module.
  void unset(uint32_t module);
  at::Tensor tensor(uint32_t module, uint32_t tensor) const override;
  at::Tensor rows(uint32_t module, uint32_t tensor, const at::Tensor& rows) const override;

 private:
  const at::Tensor* changed(uint32_t module, uint32_t tensor) const;
  struct Changes;
  const Weights& base_;
  const ModelGraph& graph_;
  std::unique_ptr<Changes> changes_;
};

}  // namespace lcr
