#include <gtest/gtest.h>

#include "compiler/diagnostics/codes/planning.h"
#include "planner/plan/layout.h"
#include "planner/plan/names.h"
#include "planner/plan/show.h"
#include "planner/verify/verify.h"
#include "tests/unit/planner/tiny_model.h"

namespace lcr::test {
namespace {

const Job* job_of(const Plan& plan, const std::string& name) {
  for (const Unit& unit : plan.units)
    for (const Job& job : unit.jobs)
      for (const auto* names : {&job.modules, &job.tensors})
        for (const std::string& one : *names)
          if (one == name) return &job;
  return nullptr;
}

TEST(MakePlan, WritesLayersThatAreAlikeOnce) {
  const TinyModel model = tiny_model({});
  const auto plan = plan_of(model, linears_as(model, w4a16()));
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->units.size(), 2u);
  EXPECT_EQ(plan->units[1].instances.size(), 4u);
  EXPECT_EQ(plan->units[1].jobs.size(), 9u);
  ASSERT_EQ(plan->exports[0].shards.size(), 1u);
  EXPECT_EQ(plan->exports[0].shards[0].file, "model.safetensors");
  EXPECT_EQ(plan->precisions.begin()->first, "W4A16");
}

TEST(MakePlan, SeparatesLayersWithOtherPrecisions) {
  const TinyModel model = tiny_model({});
  auto recipe =
      tiny_recipe(model, {kept(), quantized(w4a16()), quantized(fp8(Per::Channel))}, [](const Module& module) {
        if (module.kind != ModuleKind::Linear || has(module.roles, Role::Head)) return 0u;
        return module.path.starts_with("model.layers.0.") ? 2u : 1u;
      });
  const auto plan = plan_of(model, recipe);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->units.size(), 3u);
  EXPECT_EQ(plan->units[1].instances, std::vector<std::string>{"model.layers.0"});
}

TEST(MakePlan, SolvesSiblingsOfAGlobalScaleTogether) {
  const TinyModel model = tiny_model({});
  const auto plan = plan_of(model, linears_as(model, nvfp4()));
  ASSERT_TRUE(plan);
  const Job* attention = job_of(*plan, "self_attn.q_proj");
  ASSERT_NE(attention, nullptr);
  EXPECT_EQ(attention->modules, (std::vector<std::string>{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}));
  EXPECT_EQ(job_of(*plan, "self_attn.o_proj")->modules.size(), 1u);
}

TEST(MakePlan, WritesExpertsOfAStackOneByOne) {
  for (bool stacked : {false, true}) {
    TinyOptions options;
    options.experts = 8, options.stacked = stacked;
    const TinyModel model = tiny_model(options);
    const auto plan = plan_of(model, linears_as(model, nvfp4()));
    ASSERT_TRUE(plan);
    const Job* job = job_of(*plan, "mlp.experts.{e}.gate_proj");
    ASSERT_NE(job, nullptr);
    EXPECT_EQ(job->experts, 8);
    EXPECT_EQ(job->modules.size(), 2u);
  }
}

TEST(MakePlan, CopiesAStackOfKeptExpertsAsItIs) {
  TinyOptions options;
  options.experts = 4, options.stacked = true;
  const TinyModel model = tiny_model(options);
  auto recipe = tiny_recipe(model, {kept(), quantized(w4a16())},
                            [](const Module& module) { return module.path.ends_with("o_proj") ? 1u : 0u; });
  const auto plan = plan_of(model, recipe);
  ASSERT_TRUE(plan);
  const Job* job = job_of(*plan, "mlp.experts.gate_up_proj");
  ASSERT_NE(job, nullptr);
  EXPECT_EQ(job->experts, 0);
}

TEST(MakePlan, CutsKeptExpertsOutOfAStackThatIsQuantizedInPart) {
  TinyOptions options;
  options.experts = 4, options.stacked = true;
  const TinyModel model = tiny_model(options);
  auto recipe = tiny_recipe(model, {kept(), quantized(w4a16())},
                            [](const Module& module) { return module.expert == 1 ? 1u : 0u; });
  const auto plan = plan_of(model, recipe);
  ASSERT_TRUE(plan);
  const auto layouts = layout_outputs(*plan, 0, model.graph, model.checkpoint);
  std::map<std::string, const OutputTensor*> tensors;
  for (const OutputTensor& tensor : layouts[0].tensors) tensors[tensor.name] = &tensor;
  ASSERT_TRUE(tensors.contains("model.layers.0.mlp.experts.0.gate_proj.weight"));
  EXPECT_EQ(tensors["model.layers.0.mlp.experts.0.gate_proj.weight"]->source, OutputTensor::Source::Logical);
  EXPECT_TRUE(tensors.contains("model.layers.0.mlp.experts.1.gate_proj.weight_packed"));
  EXPECT_FALSE(tensors.contains("model.layers.0.mlp.experts.gate_up_proj"));
}

TEST(MakePlan, WritesTiedWeightsOnceUnlessUntied) {
  TinyOptions options;
  options.tied = true;
  const TinyModel model = tiny_model(options);
  auto recipe = linears_as(model, w4a16());
  auto plan = plan_of(model, recipe);
  ASSERT_TRUE(plan);
  EXPECT_EQ(job_of(*plan, "lm_head"), nullptr);
  recipe.typed.untied[0] = true;
  plan = plan_of(model, recipe);
  ASSERT_TRUE(plan);
  EXPECT_NE(job_of(*plan, "lm_head"), nullptr);
  EXPECT_EQ(plan->untied, std::vector<std::string>{"lm_head"});
}

TEST(MakePlan, KeepsBiasesBesideCodes) {
  TinyOptions options;
  options.biased = true;
  const TinyModel model = tiny_model(options);
  const auto plan = plan_of(model, linears_as(model, w4a16()));
  ASSERT_TRUE(plan);
  const auto layouts = layout_outputs(*plan, 0, model.graph, model.checkpoint);
  const auto& tensors = layouts[0].tensors;
  EXPECT_TRUE(std::any_of(tensors.begin(), tensors.end(),
                          [](const OutputTensor& t) { return t.name == "model.layers.3.self_attn.q_proj.bias"; }));
}

TEST(MakePlan, RenamesTheScalesOfKeptBlocks) {
  TinyOptions options;
  options.fp8 = true;
  const TinyModel model = tiny_model(options);
  auto recipe = tiny_recipe(model, {kept(), quantized(w4a16())},
                            [](const Module& module) { return module.path.ends_with("o_proj") ? 1u : 0u; });
  recipe.typed.assignments[1].dequantize = true;
  const auto plan = plan_of(model, recipe);
  ASSERT_TRUE(plan);
  const auto layouts = layout_outputs(*plan, 0, model.graph, model.checkpoint);
  size_t renamed = 0;
  for (const OutputTensor& tensor : layouts[0].tensors) {
    EXPECT_FALSE(tensor.name.ends_with("_inv")) << tensor.name;
    renamed += tensor.name.ends_with("down_proj.weight_scale") && tensor.dtype == Dtype::F32;
  }
  EXPECT_EQ(renamed, 4u);
}

TEST(MakePlan, FollowsTheShardsOfTheSource) {
  TinyOptions options;
  options.shards = 5, options.experts = 8;
  const TinyModel model = tiny_model(options);
  const auto plan = plan_of(model, linears_as(model, w4a16()));
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->exports[0].shards.size(), 5u);
  EXPECT_EQ(plan->exports[0].shards[4].file, "model-00005-of-00005.safetensors");
  const auto layouts = layout_outputs(*plan, 0, model.graph, model.checkpoint);
  for (uint32_t shard = 0; shard < 5; ++shard) {
    for (const OutputTensor& tensor : layouts[shard].tensors) {
      const TensorView& view =
          model.graph.tensors[tensor.module >= 0 ? model.graph.modules[size_t(tensor.module)].first_tensor : 0];
      const uint32_t source = tensor.module >= 0 ? view.sources[0] : uint32_t(tensor.stored);
      EXPECT_EQ(model.checkpoint.tensors[source].shard, shard) << tensor.name;
    }
  }
}

TEST(MakePlan, CutsFilesBelowTheLimitInTheOrderOfTheGraph) {
  TinyOptions options;
  options.experts = 8, options.copied = 12;
  const TinyModel model = tiny_model(options);
  auto recipe = linears_as(model, w4a16());
  recipe.recipe.exports[0].shard = 700'000;
  const auto plan = plan_of(model, recipe);
  ASSERT_TRUE(plan);
  EXPECT_GT(plan->exports[0].shards.size(), 4u);
  for (const OutputShard& shard : plan->exports[0].shards) EXPECT_LE(shard.bytes, 700'000) << shard.file;
  EXPECT_EQ(job_of(*plan, "mtp.layers.{e}.weight")->experts, 12);
}

TEST(MakePlan, ConvertsWhatAnExportAsksFor) {
  const TinyModel model = tiny_model({});
  auto recipe = linears_as(model, w4a16());
  recipe.recipe.exports[0].format = Export::Format::Dense;
  recipe.recipe.exports[0].dtype = "f32";
  const auto plan = plan_of(model, recipe);
  ASSERT_TRUE(plan);
  const auto layouts = layout_outputs(*plan, 0, model.graph, model.checkpoint);
  for (const OutputTensor& tensor : layouts[0].tensors) EXPECT_EQ(tensor.dtype, Dtype::F32);
}

TEST(MakePlan, RefusesToKeepBesideWhatIsWrittenAnew) {
  TinyOptions options;
  options.experts = 4, options.stacked = true;
  TinyModel model = tiny_model(options);
  for (TensorView& view : model.graph.tensors)
    if (!view.steps.empty()) view.codec = TensorView::Codec::Fp8Block;
  const auto recipe = tiny_recipe(model, {kept(), quantized(w4a16())},
                                  [](const Module& module) { return module.expert == 0 ? 1u : 0u; });
  Diagnostics diagnostics;
  EXPECT_FALSE(plan_of(model, recipe, on_a_small_machine(), &diagnostics));
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics.items()[0].code, codes::L5006);
}

// A server asks for q, k and v by the name of their merged layer, which a description may choose badly.
TEST(MakePlan, RefusesTargetsThatReadersUnderstandDifferently) {
  TinyModel model = tiny_model({});
  for (FusedGroup& group : model.graph.fused)
    if (group.name == "qkv_proj") group.name = "o_proj";
  const auto recipe = tiny_recipe(model, {kept(), quantized(w4a16())}, [](const Module& module) {
    return module.kind == ModuleKind::Linear && !has(module.roles, Role::Head) && !module.path.ends_with("o_proj") ? 1u : 0u;
  });
  Diagnostics diagnostics;
  EXPECT_FALSE(plan_of(model, recipe, on_a_small_machine(), &diagnostics));
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics.items()[0].code, codes::L5014);
  EXPECT_NE(diagnostics.items()[0].notes[0].find("self_attn.o_proj"), std::string::npos) << diagnostics.items()[0].notes[0];
}

TEST(MakePlan, ReadsRowsAsOftenAsTheirScalesNeed) {
  const TinyModel model = tiny_model({});
  const auto passes = [&](Precision precision, const char* range) {
    auto recipe = linears_as(model, std::move(precision));
    recipe.typed.assignments[1].stack->solver.parameters["range"] = Observer{range};
    return job_of(*plan_of(model, recipe), "mlp.down_proj")->passes;
  };
  EXPECT_EQ(passes(w4a16(), "mse"), 1);
  EXPECT_EQ(passes(fp8(Per::Channel), "minmax"), 1);
  EXPECT_EQ(passes(nvfp4(), "four_over_six"), 2);
  EXPECT_EQ(passes(fp8(Per::Tensor), "minmax"), 2);
  EXPECT_EQ(passes(fp8(Per::Tensor), "mse"), 3);
}

TEST(MakePlan, TakesSmallerTilesWhereMemoryIsShort) {
  TinyOptions options;
  options.hidden = 4096, options.inner = 16384;
  const TinyModel model = tiny_model(options);
  PlanOptions machine = on_a_small_machine();
  const auto wide = plan_of(model, linears_as(model, nvfp4()), machine);
  ASSERT_TRUE(wide);
  Schedule schedule;
  schedule.host = HostPlace{wide->predicted.host_peak - 1, std::nullopt, {}};
  machine.machine = schedule;
  Diagnostics diagnostics;
  const auto tight = plan_of(model, linears_as(model, nvfp4()), machine, &diagnostics);
  ASSERT_TRUE(tight) << diagnostics.items().front().message;
  EXPECT_LT(tight->predicted.host_peak, wide->predicted.host_peak);
  EXPECT_GE(tight->predicted.host_peak, wide->predicted.alternatives[2].host_peak);
}

TEST(MakePlan, NamesWhatSetsTheSmallestPeak) {
  const TinyModel model = tiny_model({});
  PlanOptions machine = on_a_small_machine();
  Schedule schedule;
  schedule.host = HostPlace{int64_t{100} << 20, std::nullopt, {}};
  machine.machine = schedule;
  Diagnostics diagnostics;
  EXPECT_FALSE(plan_of(model, linears_as(model, w4a16()), machine, &diagnostics));
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(diagnostics.items()[0].code, codes::L5002);
  ASSERT_FALSE(diagnostics.items()[0].notes.empty());
  EXPECT_NE(diagnostics.items()[0].notes[0].find("read of "), std::string::npos) << diagnostics.items()[0].notes[0];
}

TEST(MakePlan, ComputesTheNaivePlanBeside) {
  TinyOptions options;
  options.layers = 40, options.hidden = 2048, options.inner = 8192;
  const TinyModel model = tiny_model(options);
  const auto plan = plan_of(model, linears_as(model, w4a16()));
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->predicted.alternatives.size(), 3u);
  EXPECT_EQ(plan->predicted.alternatives[1].name, "naive");
  EXPECT_GT(plan->predicted.alternatives[1].host_peak, plan->predicted.host_peak);
  EXPECT_LE(plan->predicted.alternatives[2].host_peak, plan->predicted.host_peak);
  EXPECT_NE(show_text(*plan).find("less"), std::string::npos);
}

}  // namespace
}  // namespace lcr::test
