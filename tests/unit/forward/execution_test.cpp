#include "backend/forward/execution.h"

#include <gtest/gtest.h>

#include "backend/forward/fake_quantize.h"
#include "backend/forward/liveness.h"
#include "tests/unit/forward/build_model.h"

namespace lcr {
namespace {

using by_hand::add_module;
using by_hand::MemoryWeights;
using by_hand::TemplateBuilder;

constexpr int64_t width = 4, tokens = 6, experts = 3;

// embedding, two layers of x + dispatch(x, softmax(top_k(router(x)))), head; the layers share a template.
struct Model {
  ModelGraph graph;
  MemoryWeights weights;

  explicit Model(bool scale_input = false) {
    TemplateBuilder model(graph, 0), layer(graph, 1), expert(graph, 2);
    graph.instances = {{0, "", -1, none_id}};
    ValueId ids = model.add(Op::Input, {}, {});
    model.last().attributes.name = "ids";
    ValueId x = model.add(Op::Embedding, {ids}, {width}, {tokens, width});
    for (int i = 0; i < 2; ++i) {
      x = model.add(Op::Call, {x}, {width});
      model.last().callee = 1;
      model.last().layer = i;
      graph.instances.push_back({1, "layers", i, static_cast<uint32_t>(graph.templates[0].nodes.size() - 1)});
    }
    model.yield(model.add(Op::Linear, {x}, {tokens}, {tokens, width}));

    ValueId in = layer.input({width});
    ValueId scores = layer.add(Op::Linear, {in}, {experts}, {experts, width});
    ValueId routing = layer.add(Op::TopK, {scores}, {2});
    layer.last().attributes.k = 2;
    routing = layer.add(Op::Softmax, {routing}, {2});
    ValueId mixed = layer.add(Op::Dispatch, {in, routing}, {width});
    layer.last().callee = 2;
    layer.last().attributes.experts = experts;
    layer.last().attributes.scale_input = scale_input;
    layer.yield(layer.add(Op::Add, {in, mixed}, {width}));

    graph.templates[2].expert = true;
    ValueId row = expert.input({width});
    expert.yield(expert.add(Op::Activate, {expert.add(Op::Linear, {row}, {width}, {width, width})}, {width}));
    graph.templates[2].nodes.back().attributes.activation = Activation::Tanh;

    at::manual_seed(3);
    add_module(graph, 0, 0, 0);
    for (uint32_t i = 1; i <= 2; ++i) {
      add_module(graph, 1, 0, i);
      for (int32_t e = 0; e < experts; ++e) add_module(graph, 2, 0, i, e);
    }
    add_module(graph, 0, 1, 0);
    for (uint32_t i = 0; i < graph.modules.size(); ++i)
      weights.tensors[{i, 0}] = at::randn(graph.declaration(graph.modules[i]).tensors[0].shape);
  }

  const at::Tensor& weight(uint32_t module) const { return weights.tensors.at({module, 0}); }

  // The definition, in doubles, one token and expert at a time.
  at::Tensor exact(const std::vector<int64_t>& ids, bool scale_input) const {
    std::vector<at::Tensor> rows;
    for (int64_t id : ids) {
      at::Tensor x = weight(0)[id].to(at::kDouble);
      for (uint32_t first : {1u, 5u}) {
        auto [scores, chosen] = at::mv(weight(first).to(at::kDouble), x).topk(2);
        at::Tensor share = at::softmax(scores, 0), sum = x;
        for (int64_t k = 0; k < 2; ++k) {
          at::Tensor w = weight(first + 1 + chosen[k].item<int64_t>()).to(at::kDouble);
          at::Tensor in = scale_input ? x * share[k] : x;
          at::Tensor y = at::tanh(at::mv(w, in));
          sum = sum + (scale_input ? y : y * share[k]);
        }
        x = sum;
      }
      rows.push_back(at::mv(weight(9).to(at::kDouble), x));
    }
    return at::stack(rows);
  }
};

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b).abs().max().item<double>();
}

TEST(Forward, RunsLayersAndExpertsWithTheirOwnWeights) {
  for (bool scale_input : {false, true}) {
    Model model(scale_input);
    std::vector<int64_t> ids{0, 3, 5, 1, 2};
    Forward forward(model.graph, model.weights, {});
    forward.start({Pack{ids, {{2, 3}}}});
    EXPECT_LE(difference(forward.finish(0), model.exact(ids, scale_input)), 1e-5);
  }
}

TEST(Forward, PacksAreIndependentAndMayRunAgain) {
  Model model;
  ForwardOptions options;
  options.resident_bytes = 0;
  int layers = 0;
  options.observe = [&](int64_t, size_t, const at::Tensor&) { ++layers; };
  Forward forward(model.graph, model.weights, options);
  for (int run = 0; run < 2; ++run) {
    forward.start({Pack{{4, 2}, {{2}}}, Pack{{1}, {{1}}}});
    EXPECT_LE(difference(forward.finish(0), model.exact({4, 2}, false)), 1e-5);
    EXPECT_LE(difference(forward.finish(1), model.exact({1}, false)), 1e-5);
  }
  EXPECT_EQ(layers, 8);
}

TEST(Forward, ChangedWeightsAreUsed) {
  Model model;
  ChangedWeights changed(model.weights, model.graph);
  changed.set(9, 0, at::zeros({tokens, width}));
  Forward forward(model.graph, changed, {});
  forward.start({Pack{{1, 2}, {{2}}}});
  EXPECT_EQ(forward.finish(0).abs().max().item<float>(), 0);
}

TEST(Forward, TiedModulesFollowUntilTheyAreChanged) {
  Model model;
  model.graph.modules[9].tied_to = 0;
  ChangedWeights changed(model.weights, model.graph);
  at::Tensor table = at::ones({tokens, width});
  changed.set(0, 0, table);
  EXPECT_TRUE(changed.tensor(9, 0).equal(table));
  changed.set(9, 0, at::zeros({tokens, width}));
  EXPECT_EQ(changed.tensor(9, 0).sum().item<float>(), 0);
}

TEST(Forward, QuantizesTheInputsOfTheModulesThatSayIt) {
  Model model;
  ActivationFormats formats;
  Format coarse;
  coarse.bits = 2;
  coarse.per = Per::Token;
  coarse.dynamic = true;
  formats.modules[9].input = coarse;
  ForwardOptions options;
  at::Tensor hidden;
  options.observe = [&](int64_t, size_t, const at::Tensor& x) { hidden = x; };
  options.activations = &formats;
  Forward forward(model.graph, model.weights, options);
  forward.start({Pack{{1, 2}, {{2}}}});
  at::Tensor expected = at::linear(fake_quantize(hidden, coarse, {}), model.weight(9));
  EXPECT_TRUE(at::allclose(forward.finish(0), expected, 1e-5, 1e-5));
}

// A tower in front of scatter, which images would feed.
TEST(Liveness, ATowerWithoutImagesFallsAway) {
  ModelGraph graph;
  TemplateBuilder model(graph, 0);
  ValueId ids = model.add(Op::Input, {}, {});
  model.last().attributes.name = "ids";
  ValueId pixels = model.add(Op::Input, {}, {3});
  model.last().attributes.name = "pixels";
  ValueId x = model.add(Op::Embedding, {ids}, {width}, {tokens, width});
  ValueId class_token = model.add(Op::Parameter, {}, {3}, {3});
  ValueId y = model.add(Op::Add, {pixels, class_token}, {3});
  ValueId projected = model.add(Op::Linear, {y}, {width}, {width, 3});
  ValueId mixed = model.add(Op::Scatter, {x, projected, ids}, {width});
  model.yield(mixed);
  Liveness live = liveness(graph, 0, {}, {"ids"});
  EXPECT_EQ(live.nodes, (std::vector<bool>{true, false, true, false, false, false, true}));
  EXPECT_EQ(live.outputs, std::vector<bool>{true});
  EXPECT_EQ(live.last[6], (std::vector<ValueId>{x, ids}));
  EXPECT_FALSE(cannot_run(graph));
  // Without the scatter the output needs the images.
  graph.templates[0].outputs = {projected};
  ASSERT_TRUE(cannot_run(graph));
  EXPECT_NE(cannot_run(graph)->find("pixels"), std::string::npos);
}

}  // namespace
}  // namespace lcr
