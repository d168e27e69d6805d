#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>

#include "backend/forward/execution.h"
#include "backend/forward/weights.h"
#include "compiler/model/elaborate.h"
#include "tests/parity/reference.h"

// Runs the models of this folder in float32 and compares with what the reference library gives (make_models.py).
namespace lcr {
namespace {

struct Case {
  const char* name;
  double logits, hidden;  // largest absolute differences
};

double difference(const at::Tensor& ours, const at::Tensor& theirs) {
  return (ours.view_as(theirs) - theirs).abs().max().item<double>();
}

class Parity : public testing::TestWithParam<Case> {};

TEST_P(Parity, LogitsAndHiddenStates) {
  const Case& c = GetParam();
  Sources sources;
  Diagnostics diagnostics;
  auto checkpoint = read_checkpoint(parity_folder() + "/" + c.name, diagnostics);
  ASSERT_TRUE(checkpoint) << messages(diagnostics);
  auto graph = elaborate(sources, *checkpoint, {}, diagnostics);
  ASSERT_TRUE(graph) << messages(diagnostics);
  ASSERT_FALSE(cannot_run(*graph)) << *cannot_run(*graph);
  auto weights = CheckpointWeights::open(*checkpoint, *graph, diagnostics);
  ASSERT_TRUE(weights) << messages(diagnostics);

  auto reference = read_reference(c.name);
  ASSERT_TRUE(reference.contains("logits"));
  std::map<int64_t, at::Tensor> hidden;
  ForwardOptions options;
  options.observe = [&](int64_t layer, size_t, const at::Tensor& x) { hidden[layer] = x; };
  Forward forward(*graph, *weights, options);
  forward.start({pack_of(reference["input_ids"])});
  at::Tensor logits = forward.finish(0);

  ASSERT_EQ(static_cast<int64_t>(hidden.size()), graph->layers);
  EXPECT_LE(difference(hidden.begin()->second, reference["hidden.0"]), c.hidden);
  EXPECT_LE(difference(hidden.rbegin()->second, reference["hidden.last"]), c.hidden);
  EXPECT_LE(difference(logits, reference["logits"]), c.logits);
}

// Ten times the reference's own differences: eager against fused attention, float32 against float64; for the delta rule,
// which the reference computes in chunks, chunks against single steps.
INSTANTIATE_TEST_SUITE_P(
    Models, Parity,
    testing::Values(Case{"llama", 2e-4, 1e-4}, Case{"llama31", 5e-4, 1e-4}, Case{"mistral", 2e-4, 2e-4},
                    Case{"qwen2", 2e-4, 1e-4}, Case{"qwen3", 1e-4, 1e-4}, Case{"gemma2", 1e-4, 2e-4},
                    Case{"gemma3_text", 1e-4, 2e-4}, Case{"phi3", 2e-4, 2e-4}, Case{"mixtral", 1e-4, 1e-4},
                    Case{"qwen2_moe", 2e-4, 1e-4}, Case{"qwen3_moe", 1e-4, 1e-4}, Case{"deepseek_v3", 5e-4, 2e-4},
                    Case{"gpt_oss", 2e-4, 1e-3}, Case{"llava", 2e-4, 1e-4}, Case{"qwen2_5_vl", 2e-4, 2e-4},
                    Case{"gemma3", 1e-4, 1e-4}, Case{"qwen3_vl", 2e-4, 1e-4}, Case{"deepseek_v2", 1e-4, 1e-4},
                    Case{"glm4_moe", 1e-4, 1e-4}, Case{"llama4_text", 1e-4, 1e-4}, Case{"qwen3_next", 1e-3, 3e-3},
                    Case{"qwen3_5_text", 1e-3, 3e-3}, Case{"qwen3_5_moe_text", 1e-3, 3e-3},
                    Case{"nemotron_h", 1e-4, 1e-4}, Case{"llama_dynamic", 1e-4, 1e-4}, Case{"phi3_long", 1e-4, 1e-4}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lcr
