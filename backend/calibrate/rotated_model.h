#pragma once

#include <vector>

#include "backend/calibrate/unit_tasks.h"
#include "backend/forward/execution.h"
#include "backend/forward/fake_quantize.h"
#include "backend/forward/model_stages.h"
#include "backend/forward/template_runner.h"
#include "backend/rotations/fold.h"

namespace lcr {

// Tokens that run together, and which of their rows count in the loss.
struct LearningPack {
  Pack pack;
  at::Tensor rows;  // i64, on the device
};

// The model as a plan will leave it, for any matrices of its rotations: folded, weights and activations rounded to
// nearest. Its loss is KL(unchanged model || this one), the mean over the rows that count. It can be differentiated by the
// matrices: layers run forward without a record, and again with one, from the last to the first, so that one layer's
// record and the values between layers are all that is kept. Rounding passes gradients straight through.
class RotatedModel {
 public:
  // All must outlive it; made and used outside of inference mode. `fold` may be turned by other matrices between calls.
  RotatedModel(const Plan& plan, const ModelGraph& graph, const Weights& base, const UnitTasks& tasks, const Fold& fold);

  // The loss. Its gradients are added to those of the fold's matrices, where they are leaves that want one.
  double add_gradients(const std::vector<LearningPack>& packs);

 private:
  struct Leaf {
    uint32_t module = 0, tensor = 0;
    at::Tensor value;
  };
  using Values = std::vector<Slot>;
  using Gradients = std::vector<at::Tensor>;  // by value; undefined: none

  std::vector<Leaf> take_weights(size_t stage, bool leaves);
  void let_go(size_t stage);
  at::Tensor weight_for(uint32_t module, uint32_t tensor) const;
  at::Tensor rounded(uint32_t module, const at::Tensor& weight) const;
  void run(const ModelStage& stage, Values& values, PackState& pack);
  at::Tensor loss_of(const at::Tensor& logits, const LearningPack& pack, size_t number, double rows);
  void chain(const Leaf& leaf) const;

  const Plan& plan_;
  const ModelGraph& graph_;
  const Weights& base_;
  const UnitTasks& tasks_;
  const Fold& fold_;
  at::ScalarType native_;
  ActivationFormats activations_;
  ChangedWeights weights_;
  WeightCache cache_;
  TemplateRunner runner_;
  const Liveness& live_;
  std::vector<ModelStage> stages_;
  std::vector<std::vector<uint32_t>> modules_;  // by stage
  Forward original_;
};

}  // namespace lcr
