#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "backend/forward/tensor.h"
#include "backend/forward/weights.h"

namespace lcr {

// Weights as the interpreter computes with them: decoded, in the dtype and on the device of the run. What fits into the
// budget stays for the whole evaluation, the rest until end_stage(). One thread asks.
class WeightCache {
 public:
  // `budget` in bytes. `weights` must outlive this.
  WeightCache(const Weights& weights, at::ScalarType native, std::string device, uint64_t budget);
  ~WeightCache();

  const Weights& weights() const { return weights_; }
  at::Tensor get(uint32_t module, uint32_t tensor);
  // The same tensor of several modules, [modules, …]; they are always asked for together. What changes is replaced in it.
  at::Tensor stack(const std::vector<uint32_t>& modules, uint32_t tensor);
  // As it is stored, on the device: what is kept already where its dtype is that.
  at::Tensor exact(uint32_t module, uint32_t tensor) const;
  // Begins to bring tensors that are asked for soon, one after the other, beside what the device does.
  void prefetch(const std::vector<std::pair<uint32_t, uint32_t>>& tensors);
  // Rows of a table [rows, width], without converting all of it; `rows` are indices on the CPU.
  at::Tensor rows(uint32_t module, uint32_t tensor, const at::Tensor& rows);
  // In the run's dtype and on its device: floats that the model holds in its own dtype, and all of them when it is
  // float32.
  at::Tensor converted(const at::Tensor& stored) const;
  void end_stage();
  // A tensor that has changed: it is taken anew.
  void forget(uint32_t module, uint32_t tensor);

 private:
  struct Entries;
  const Weights& weights_;
  at::ScalarType native_;
  std::string device_;
  uint64_t budget_;
  std::unique_ptr<Entries> entries_;
};

}  // namespace lcr
