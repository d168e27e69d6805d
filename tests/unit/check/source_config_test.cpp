#include "compiler/check/source_config.h"

#include <gtest/gtest.h>

namespace lcr {
namespace {

SourceConfig config_of(const std::string& quantization) {
  Checkpoint checkpoint;
  checkpoint.config_text = R"({"quantization_config": )" + quantization + "}";
  return SourceConfig(checkpoint);
}

Module module_of(std::string_view path, TensorView::Codec codec = TensorView::Codec::CompressedTensors) {
  Module module;
  module.path = path;
  module.source_codec = static_cast<uint32_t>(codec);
  return module;
}

// Bits of the weights of the group that a module is in; 0 for none.
int bits_of(const SourceConfig& config, std::string_view path) {
  const Carried* carried = config.of(module_of(path));
  return carried ? carried->precision.weights->bits : 0;
}

TEST(SourceConfig, NamesBeforeExpressionsBeforeClasses) {
  const SourceConfig config = config_of(R"({"config_groups": {
    "class": {"targets": ["Linear"], "weights": {"num_bits": 2}},
    "pattern": {"targets": ["re:.*layers\\.1\\."], "weights": {"num_bits": 3}},
    "name": {"targets": ["model.layers.1.mlp.up_proj"], "weights": {"num_bits": 4}}}})");
  EXPECT_EQ(bits_of(config, "model.layers.0.mlp.up_proj"), 2);
  EXPECT_EQ(bits_of(config, "model.layers.1.mlp.down_proj"), 3);
  EXPECT_EQ(bits_of(config, "model.layers.1.mlp.up_proj"), 4);
}

TEST(SourceConfig, ExpressionsAreAnchoredAtTheStartOnly) {
  const SourceConfig config =
      config_of(R"({"config_groups": {"a": {"targets": ["re:model", "re:head"], "weights": {"num_bits": 4}}}})");
  EXPECT_EQ(bits_of(config, "model.layers.0.mlp.up_proj"), 4);
  EXPECT_EQ(bits_of(config, "lm_head"), 0);
}

TEST(SourceConfig, ReadsFormats) {
  const SourceConfig config = config_of(R"({"format": "mixed-precision", "config_groups": {"g": {"targets": ["Linear"],
    "format": "nvfp4-pack-quantized",
    "weights": {"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16},
    "input_activations": {"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16,
                          "dynamic": "local", "scale_dtype": "torch.float8_e4m3fn"}}}})");
  const Carried* carried = config.of(module_of("model.layers.0.mlp.up_proj"));
  ASSERT_TRUE(carried);
  EXPECT_EQ(carried->format, "nvfp4-pack-quantized");
  for (const auto& format : {carried->precision.weights, carried->precision.input}) {
    EXPECT_EQ(format->element, Element::Fp4);
    EXPECT_EQ(format->per, Per::Group);
    EXPECT_EQ(format->group, 16);
    EXPECT_EQ(format->scale, ScaleType::E4M3);
    EXPECT_TRUE(format->global);
  }
  EXPECT_FALSE(carried->precision.weights->dynamic);
  EXPECT_TRUE(carried->precision.input->dynamic);
}

TEST(SourceConfig, BlocksOfFloatsQuantizeTheirInputsInGroups) {
  const SourceConfig config = config_of(R"({"quant_method": "fp8", "weight_block_size": [64, 32]})");
  const Carried* carried = config.of(module_of("model.layers.0.mlp.up_proj", TensorView::Codec::Fp8Block));
  ASSERT_TRUE(carried);
  EXPECT_EQ(carried->precision.weights->block_rows, 64);
  EXPECT_EQ(carried->precision.weights->block_columns, 32);
  EXPECT_EQ(carried->precision.input->group, 32);
  EXPECT_TRUE(carried->precision.input->dynamic);
}

TEST(SourceConfig, ReadsCachesAndQueries) {
  const SourceConfig config = config_of(R"({"kv_cache_scheme": {"num_bits": 8, "type": "float", "strategy": "attn_head"},
    "config_groups": {"g": {"targets": ["LlamaAttention"], "weights": null,
                            "input_activations": {"num_bits": 8, "type": "float", "strategy": "tensor", "dynamic": false}},
                      "l": {"targets": ["Linear"], "weights": {"num_bits": 4}}}})");
  ASSERT_TRUE(config.cache() && config.queries());
  EXPECT_EQ(config.cache()->per, Per::Head);
  EXPECT_EQ(config.queries()->element, Element::Fp8);
  EXPECT_FALSE(config.queries()->dynamic);
  EXPECT_EQ(bits_of(config, "model.layers.0.mlp.up_proj"), 4);
  EXPECT_FALSE(config_of(R"({"kv_cache_scheme": null})").cache());
}

TEST(SourceConfig, SaysWhatItCannotHold) {
  EXPECT_EQ(config_of(R"({"config_groups": {"g": {"targets": ["re:(("]}}})").unreadable(), "re:((");
  EXPECT_TRUE(config_of(R"({"sparsity_config": {}, "kv_cache_scheme": null})").formats_alone());
  EXPECT_FALSE(config_of(R"({"kv_cache_scheme": {"num_bits": 8}})").formats_alone());
  // Rotations that have become the weights say nothing more; those at run time do.
  EXPECT_FALSE(config_of(R"({"transform_config": {"config_groups": {"R3": {"apply": [{"location": "q_attn"}]}}}})").formats_alone());
  EXPECT_TRUE(config_of(R"({"transform_config": {"config_groups": {"R1": {"apply": [{"location": "weight_input"}]}}}})").formats_alone());
}

}  // namespace
}  // namespace lcr
