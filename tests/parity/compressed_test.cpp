#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/evaluate/runnable_model.h"
#include "backend/forward/execution.h"
#include "tests/parity/reference.h"

// Runs checkpoints that compressed-tensors wrote and compares with its own fake quantization (make_compressed.py).
namespace lcr {
namespace {

struct Case {
  const char* name;
  // Root mean square of the logits' difference by that of the logits. Where inputs are quantized, values that lie
  // between two codes fall to either side by the order of a sum: the largest negative of a token lies exactly between
  // -128 and -127. A code is worth some 1e-3 here, a wrong format 0.3.
  double logits;
};

class Compressed : public ::testing::TestWithParam<Case> {};

double size_of_all(const at::Tensor& x) { return x.to(at::kDouble).square().mean().sqrt().item<double>(); }

TEST_P(Compressed, LogitsOfTheFakeQuantizedModel) {
  std::string name = std::string("compressed_") + GetParam().name;
  Sources sources;
  Diagnostics diagnostics;
  auto model = load_runnable(sources, parity_folder() + "/" + name, "", diagnostics);
  ASSERT_TRUE(model) << messages(diagnostics);
  auto reference = read_reference(name);
  ASSERT_TRUE(reference.contains("logits"));
  ForwardOptions options;
  options.activations = model->activations.get();
  Forward forward(model->graph, *model->weights, options);
  forward.start({pack_of(reference["input_ids"])});
  at::Tensor logits = forward.finish(0);
  const at::Tensor& expected = reference["logits"];
  EXPECT_LE(size_of_all(logits.view_as(expected) - expected) / size_of_all(expected), GetParam().logits);
}

INSTANTIATE_TEST_SUITE_P(Formats, Compressed,
                         ::testing::Values(Case{"w4a16_asym", 1e-5}, Case{"w3a16", 1e-5}, Case{"w8a8", 2e-2},
                                           Case{"w8a8_static", 5e-3}, Case{"w8a8_asym_static", 5e-3},
                                           Case{"w4a8", 2e-2}, Case{"fp8", 5e-3}, Case{"fp8_dynamic", 5e-3},
                                           Case{"fp8_block", 5e-3}, Case{"nvfp4", 5e-3}, Case{"mxfp4", 5e-3},
                                           Case{"mxfp8", 5e-3}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lcr
