#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/diagnostics/render.h"
#include "compiler/model/elaborate.h"
#include "tests/support/golden.h"
#include "tests/unit/model/model_files.h"

namespace lcr {
namespace {

using nlohmann::json;

struct Loaded {
  Sources sources;
  Checkpoint checkpoint;
  ModelGraph graph;

  const Module& module(std::string_view path) const {
    auto found = std::find_if(graph.modules.begin(), graph.modules.end(), [&](const Module& m) { return m.path == path; });
    EXPECT_NE(found, graph.modules.end()) << path;
    return found == graph.modules.end() ? graph.modules[0] : *found;
  }
  const TensorView& weight(std::string_view path) const { return *graph.weight(module(path)); }
  std::string source(const TensorView& view, size_t place = 0) const {
    return std::string(checkpoint.tensors[view.sources[place]].name);
  }
};

std::unique_ptr<Loaded> load(const json& edits) {
  auto loaded = std::make_unique<Loaded>();
  Diagnostics diagnostics;
  auto checkpoint = testing_models::edited(edits, diagnostics);
  EXPECT_TRUE(checkpoint) << render_concise(loaded->sources, diagnostics);
  if (!checkpoint) return nullptr;
  loaded->checkpoint = std::move(*checkpoint);
  auto graph = elaborate(loaded->sources, loaded->checkpoint, {}, diagnostics);
  EXPECT_TRUE(graph) << render_full(loaded->sources, diagnostics);
  if (!graph) return nullptr;
  loaded->graph = std::move(*graph);
  return loaded;
}

TEST(Templates, LayersThatAreAlikeShareOne) {
  auto dense = load({{"tree", "llama"}});
  EXPECT_EQ(dense->graph.templates.size(), 2u);
  EXPECT_EQ(dense->graph.instances.size(), 4u);
  EXPECT_EQ(dense->graph.instances[2].path, "model.layers.1");
  EXPECT_EQ(dense->graph.instances[2].layer, 1);
  // Windowed and full layers differ in their mask alone.
  auto windows = load({{"tree", "gemma2"}});
  EXPECT_EQ(windows->graph.templates.size(), 3u);
}

TEST(Templates, CallsAndDispatchesConnectThem) {
  auto model = load({{"tree", "mixtral"}});
  const Template& layer = model->graph.templates[model->graph.instances[1].id];
  auto dispatch = std::find_if(layer.nodes.begin(), layer.nodes.end(), [](const Node& n) { return n.op == Op::Dispatch; });
  ASSERT_NE(dispatch, layer.nodes.end());
  EXPECT_EQ(dispatch->path, "block_sparse_moe.experts.{}");
  EXPECT_EQ(dispatch->attributes.experts, 8);
  EXPECT_TRUE(layer.values[dispatch->inputs[1]].routing);
  const Template& expert = model->graph.templates[dispatch->callee];
  EXPECT_TRUE(expert.expert);
  EXPECT_EQ(expert.modules.size(), 3u);
  EXPECT_EQ(expert.modules[0].path, "w1");
  EXPECT_EQ(model->graph.streams[expert.values[expert.inputs[0]].stream], "tokens@e");
  EXPECT_EQ(model->module("model.layers.1.block_sparse_moe.experts.7.w2").expert, 7);
}

TEST(Templates, ValuesKnowTheirNodes) {
  for (const std::string& path : golden::list(golden::path("golden/trees"), ".json")) {
    const size_t slash = path.rfind('/');
    auto model = load({{"tree", path.substr(slash + 1, path.size() - slash - 6)}});
    for (const Template& owner : model->graph.templates) {
      for (uint32_t n = 0; n < owner.nodes.size(); ++n) {
        for (ValueId input : owner.nodes[n].inputs) {
          const uint32_t maker = owner.values[input].node;
          EXPECT_TRUE(maker == none_id || maker < n) << path;
        }
        for (ValueId output : owner.nodes[n].outputs) EXPECT_EQ(owner.values[output].node, n) << path;
      }
      EXPECT_FALSE(owner.outputs.empty()) << path;
    }
  }
}

TEST(Claims, LayoutsTakeExpertsOutOfStacks) {
  auto model = load({{"tree", "gpt_oss"}});
  const TensorView& up = model->weight("model.layers.1.mlp.experts.5.up_proj");
  EXPECT_EQ(model->source(up), "model.layers.1.mlp.experts.gate_up_proj");
  ASSERT_EQ(up.steps.size(), 3u);
  EXPECT_EQ(up.steps[0].slices[0].low, 5);
  EXPECT_EQ(up.steps[0].slices[0].high, -1);
  EXPECT_TRUE(up.steps[1].slices[0].all);
  EXPECT_EQ(up.steps[1].slices[1].low, 1);
  EXPECT_EQ(up.steps[1].slices[1].high, 128);
  EXPECT_EQ(up.steps[1].slices[1].step, 2);
  EXPECT_TRUE(up.steps[2].transposed);
}

TEST(Claims, Mxfp4BlocksAreDecodedBeforeTheyAreCut) {
  json remove = json::array(), add = json::array();
  for (int layer = 0; layer < 3; ++layer) {
    const std::string experts = "model.layers." + std::to_string(layer) + ".mlp.experts.";
    remove.insert(remove.end(), {experts + "gate_up_proj", experts + "down_proj"});
    add.push_back({experts + "gate_up_proj_blocks", "U8", {8, 128, 2, 16}});
    add.push_back({experts + "gate_up_proj_scales", "U8", {8, 128, 2}});
    add.push_back({experts + "down_proj_blocks", "U8", {8, 64, 2, 16}});
    add.push_back({experts + "down_proj_scales", "U8", {8, 64, 2}});
  }
  auto model = load({{"tree", "gpt_oss"}, {"remove", remove}, {"add", add}});
  const TensorView& gate = model->weight("model.layers.0.mlp.experts.3.gate_proj");
  EXPECT_EQ(gate.codec, TensorView::Codec::Mxfp4);
  EXPECT_EQ(gate.sources.size(), 2u);
  EXPECT_EQ(gate.dtype, Dtype::BF16);
}

TEST(Claims, Fp8BlocksAndTheirScales) {
  const std::string up = "model.layers.0.mlp.up_proj";
  auto model = load({{"tree", "llama"},
                     {"dtype", {{up + ".weight", "F8_E4M3"}}},
                     {"add", {{up + ".weight_scale_inv", "F32", {2, 1}}}}});
  const TensorView& weight = model->weight(up);
  EXPECT_EQ(weight.codec, TensorView::Codec::Fp8Block);
  EXPECT_EQ(model->source(weight, 1), up + ".weight_scale_inv");
  EXPECT_EQ(model->module(up).source_codec, static_cast<uint32_t>(TensorView::Codec::Fp8Block));
}

TEST(Claims, CompressedTensorsOfEveryContainer) {
  const std::string q = "model.layers.0.self_attn.q_proj", up = "model.layers.0.mlp.up_proj",
                    down = "model.layers.0.mlp.down_proj", gate = "model.layers.0.mlp.gate_proj";
  auto model = load({{"tree", "llama"},
                     {"remove", {q + ".weight", up + ".weight", down + ".weight", gate + ".weight"}},
                     {"add",
                      {{q + ".weight_packed", "I32", {128, 16}},
                       {q + ".weight_scale", "BF16", {128, 1}},
                       {q + ".weight_zero_point", "I32", {16, 1}},
                       {q + ".weight_shape", "I64", {2}},
                       {up + ".weight", "I8", {256, 128}},
                       {up + ".weight_scale", "BF16", {256, 1}},
                       {up + ".input_scale", "BF16", {1}},
                       {down + ".weight", "F8_E4M3", {128, 256}},
                       {down + ".weight_scale", "BF16", {1}},
                       {gate + ".weight_packed", "U8", {256, 64}},
                       {gate + ".weight_scale", "F8_E4M3", {256, 8}},
                       {gate + ".weight_global_scale", "F32", {1}},
                       {gate + ".input_global_scale", "F32", {1}},
                       {"model.layers.0.self_attn.k_scale", "BF16", {1}},
                       {"model.layers.0.self_attn.v_scale", "BF16", {1}}}}});
  for (const std::string& path : {q, up, down, gate})
    EXPECT_EQ(model->weight(path).codec, TensorView::Codec::CompressedTensors) << path;
  // Codes first, then scales, zero points and the shape.
  const TensorView& packed = model->weight(q);
  ASSERT_EQ(packed.sources.size(), 4u);
  EXPECT_EQ(model->source(packed, 0), q + ".weight_packed");
  EXPECT_EQ(model->source(packed, 1), q + ".weight_scale");
  EXPECT_EQ(model->source(packed, 2), q + ".weight_zero_point");
  EXPECT_EQ(packed.bits, 4);
  // What only belongs to the weight stands last.
  EXPECT_EQ(model->source(model->weight(gate), 2), gate + ".weight_global_scale");
  EXPECT_EQ(model->source(model->weight(gate), 3), gate + ".input_global_scale");
  EXPECT_EQ(model->source(model->weight(up), 2), up + ".input_scale");
  // Scales of caches belong to no module.
  ASSERT_EQ(model->graph.passed.size(), 5u);
  EXPECT_FALSE(model->graph.passed[0].drop);
  EXPECT_EQ(model->graph.passed[0].module, none_id);
}

TEST(Claims, TheConfigurationSaysTheSizeOfBlocks) {
  const std::string up = "model.layers.0.mlp.up_proj", down = "model.layers.0.mlp.down_proj";
  const json weights = {{"num_bits", 8}, {"type", "float"}, {"strategy", "block"}, {"block_structure", {96, 48}}};
  auto compressed = load({{"tree", "llama"},
                          {"config", {{"quantization_config", {{"config_groups", {{"g", {{"weights", weights}}}}}}}}},
                          {"dtype", {{up + ".weight", "F8_E4M3"}, {down + ".weight", "F8_E4M3"}}},
                          {"add", {{up + ".weight_scale", "F32", {3, 3}}, {down + ".weight_scale", "F32", {2, 6}}}}});
  for (const std::string& path : {up, down}) {
    EXPECT_EQ(compressed->weight(path).block_rows, 96) << path;
    EXPECT_EQ(compressed->weight(path).block_columns, 48) << path;
  }
  auto blocks = load({{"tree", "llama"},
                      {"config", {{"quantization_config", {{"weight_block_size", {96, 48}}}}}},
                      {"dtype", {{up + ".weight", "F8_E4M3"}}},
                      {"add", {{up + ".weight_scale_inv", "F32", {3, 3}}}}});
  EXPECT_EQ(blocks->weight(up).block_rows, 96);
  EXPECT_EQ(blocks->weight(up).block_columns, 48);
}

TEST(Claims, ATiedCopyMayBeStored) {
  auto stored = load({{"tree", "qwen3"}});
  ASSERT_EQ(stored->graph.ties.size(), 1u);
  EXPECT_TRUE(stored->graph.ties[0].stored);
  EXPECT_EQ(stored->graph.weight(stored->module("lm_head")), nullptr);
  auto absent = load({{"tree", "llama31"}});
  ASSERT_EQ(absent->graph.ties.size(), 1u);
  EXPECT_FALSE(absent->graph.ties[0].stored);
}

TEST(Claims, CopiedTensorsAreOpaqueModules) {
  auto model = load({{"tree", "deepseek_v3"}});
  EXPECT_EQ(model->graph.passed.size(), 68u);
  const Module& copied = model->module("model.layers.3.mlp.experts.2.up_proj");
  EXPECT_EQ(copied.kind, ModuleKind::Opaque);
  EXPECT_EQ(copied.roles, Role::Mtp);
  EXPECT_EQ(model->source(model->graph.views(copied)[0]), "model.layers.3.mlp.experts.2.up_proj.weight");
  const std::string expert = "model.layers.3.mlp.experts.2.up_proj";
  auto coded = load({{"tree", "deepseek_v3"},
                     {"dtype", {{expert + ".weight", "F8_E4M3"}}},
                     {"add", {{expert + ".weight_scale_inv", "F32", {1, 1}}}}});
  const Module& decoded = coded->module(expert);
  EXPECT_EQ(decoded.tensor_count, 1u);
  EXPECT_EQ(decoded.source_codec, static_cast<uint32_t>(TensorView::Codec::Fp8Block));
  EXPECT_EQ(coded->graph.views(decoded)[0].sources.size(), 2u);
  auto dropped = load({{"tree", "llama"}});
  EXPECT_EQ(dropped->graph.passed.size(), 3u);
  EXPECT_TRUE(dropped->graph.passed[0].drop);
}

TEST(Claims, OneSpellingForTheWholeTree) {
  const json tree = json::parse(golden::read(golden::path("golden/trees/llava.json")));
  json remove = json::array(), add = json::array();
  for (const json& row : tree["tensors"]) {
    std::string name = row[0];
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"language_model.model.", "model.language_model."},
                                   {"language_model.lm_head.", "lm_head."},
                                   {"vision_tower.vision_model.", "model.vision_tower."},
                                   {"multi_modal_projector.", "model.multi_modal_projector."}}) {
      if (!name.starts_with(from)) continue;
      name = to + name.substr(from.size());
      break;
    }
    remove.push_back(row[0]);
    add.push_back({name, row[1], row[2]});
  }
  auto model = load({{"tree", "llava"}, {"remove", remove}, {"add", add}});
  EXPECT_EQ(model->module("model.language_model.layers.1.mlp.up_proj").layer, 1);
  EXPECT_EQ(model->module("model.vision_tower.encoder.layers.0.mlp.fc1").roles, Role::Vision | Role::Mlp);
  EXPECT_EQ(model->module("lm_head").roles, Role::Head);
  EXPECT_EQ(model->graph.points.back().path, "model.language_model.layers.1.self_attn.queries");
}

TEST(AttentionPoints, LatentAttentionCachesTwoOtherValues) {
  auto plain = load({{"tree", "llama"}});
  ASSERT_EQ(plain->graph.points.size(), 9u);
  EXPECT_EQ(plain->graph.points[0].path, "model.layers.0.self_attn.keys");
  EXPECT_EQ(plain->graph.points[0].heads, 2);
  EXPECT_EQ(plain->graph.points[2].path, "model.layers.0.self_attn.queries");
  EXPECT_EQ(plain->graph.points[2].heads, 4);
  auto latent = load({{"tree", "deepseek_v3"}});
  EXPECT_EQ(latent->graph.points[0].heads, 1);
  EXPECT_EQ(latent->graph.points[0].width, 32);
  EXPECT_EQ(latent->graph.points[1].width, 16);
}

TEST(FusedGroups, FollowTheServersOrder) {
  auto model = load({{"tree", "qwen3_moe"}});
  size_t experts = 0;
  for (const FusedGroup& group : model->graph.fused) {
    if (group.name != "gate_up_proj") continue;
    ++experts;
    EXPECT_TRUE(model->graph.modules[group.members[0]].path.ends_with(".gate_proj"));
    EXPECT_EQ(model->graph.modules[group.members[0]].expert, model->graph.modules[group.members[1]].expert);
  }
  EXPECT_EQ(experts, 48u);
}

TEST(RopeTables, AreReadFromTheScalingObject) {
  auto model = load({{"tree", "phi3"}});
  const Template& layer = model->graph.templates[1];
  auto rope = std::find_if(layer.nodes.begin(), layer.nodes.end(), [](const Node& n) { return n.op == Op::Rope; });
  ASSERT_NE(rope, layer.nodes.end());
  const Rotary& table = *rope->attributes.rotary;
  EXPECT_EQ(table.type, "longrope");
  EXPECT_EQ(table.dim, 24);
  EXPECT_EQ(table.lists.at("short_factor").size(), 12u);
  EXPECT_EQ(table.original, 64.0);
  // "su" is an older name.
  json scaling = json::parse(model->checkpoint.config_text)["rope_scaling"];
  scaling["type"] = "su";
  auto renamed = load({{"tree", "phi3"}, {"config", {{"rope_scaling", scaling}}}});
  EXPECT_EQ(renamed->graph.templates.size(), 2u);
}

}  // namespace
}  // namespace lcr
