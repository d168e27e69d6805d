#pragma once

#include <vector>

#include "backend/forward/template_runner.h"

namespace lcr {

// What one pass over the tokens runs of a layer.
struct LayerPass {
  std::vector<uint32_t> nodes;              // in execution order
  std::vector<std::vector<ValueId>> last;   // by node of the pass: values that nothing needs after it
};

// Cuts one template's nodes into passes: each makes the values that are wanted from those that are there.
class LayerPasses {
 public:
  // `available`: values that are there, by ValueId. The other two must outlive this.
  LayerPasses(const Template& self, const Liveness& live, std::vector<bool> available)
      : template_(self), live_(live), available_(std::move(available)) {}

  // A pass that makes `wanted` and leaves, beside them, what `then` is made from afterwards: narrow values that are costly
  // to make again. Advances: the next pass starts from what this one leaves.
  // `held` are left whatever they are.
  LayerPass advance(const std::vector<ValueId>& wanted, const std::vector<ValueId>& then, int64_t widest,
                    const std::vector<ValueId>& held = {});
  // Outputs of the template that there are.
  std::vector<ValueId> outputs() const;
  const Liveness& liveness() const { return live_; }
  // What is there before the next pass.
  const std::vector<bool>& available() const { return available_; }

 private:
  bool cheap(const Node& node) const;
  std::vector<bool> kept(const std::vector<bool>& have, const std::vector<ValueId>& then, int64_t widest) const;

  const Template& template_;
  const Liveness& live_;
  std::vector<bool> available_;
};

}  // namespace lcr
