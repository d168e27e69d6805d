#include "backend/forward/online_transforms.h"

#include <gtest/gtest.h>

#include <cmath>

#include "backend/forward/execution.h"
#include "backend/forward/fake_quantize.h"
#include "tests/unit/forward/build_model.h"

namespace lcr {
namespace {

using by_hand::add_module;
using by_hand::MemoryWeights;
using by_hand::TemplateBuilder;

constexpr int64_t width = 6, heads = 2, tokens = 5;

// Any orthogonal matrix, float64.
at::Tensor orthogonal(int64_t n, uint64_t seed) {
  at::manual_seed(seed);
  return std::get<0>(at::linalg_qr(at::randn({n, n}, at::kDouble)));
}

OnlineTransform transform(const at::Tensor& matrix, bool inverse = false) {
  return {std::make_shared<OrthogonalMatrix>(OrthogonalMatrix{{}, matrix, {}}), inverse};
}

double distance(const at::Tensor& a, const at::Tensor& b) { return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>(); }

TEST(OrthogonalMatrix, FactorsSignsAndBlocksAreTheDenseProduct) {
  OrthogonalMatrix matrix{orthogonal(3, 1), orthogonal(4, 2), at::tensor({1., -1., 1., 1., -1., -1., 1., 1., -1., 1., 1., -1.}, at::kDouble)};
  ASSERT_EQ(matrix.size(), 12);
  const at::Tensor dense = matrix.dense(), whole = at::kron(at::eye(2, at::kDouble), dense.contiguous());
  EXPECT_LT(distance(at::matmul(dense, dense.t()), at::eye(12, at::kDouble)), 1e-14);
  const at::Tensor x = at::randn({7, 24}, at::kDouble);
  EXPECT_LT(distance(rotated(x, matrix), at::matmul(x, whole)), 1e-13);
  EXPECT_LT(distance(rotated_back(x, matrix), at::matmul(x, whole.t())), 1e-13);
  EXPECT_LT(distance(rotated_back(rotated(x, matrix), matrix), x), 1e-13);
}

TEST(OrthogonalMatrix, ComputesInFloat32) {
  OrthogonalMatrix matrix{{}, orthogonal(8, 3), {}};
  const at::Tensor x = at::randn({3, 8}, at::kDouble);
  const at::Tensor narrow = rotated(x.to(at::kBFloat16), matrix);
  EXPECT_EQ(narrow.scalar_type(), at::kBFloat16);
  // Rounded once, at the end.
  EXPECT_TRUE(narrow.equal(at::matmul(x.to(at::kBFloat16).to(at::kFloat), matrix.inner.to(at::kFloat)).to(at::kBFloat16)));
}

// embedding, one layer of attention over two heads and an inner linear, head.
struct Model {
  ModelGraph graph;
  MemoryWeights weights;
  uint32_t embedding = 0, query = 0, down = 0, head = 0, attend = 0;

  Model() {
    TemplateBuilder model(graph, 0), layer(graph, 1);
    graph.instances = {{0, "", -1, none_id}, {1, "layers.0", 0, 2}};
    ValueId ids = model.add(Op::Input, {}, {});
    model.last().attributes.name = "ids";
    ValueId x = model.add(Op::Embedding, {ids}, {width}, {tokens, width});
    x = model.add(Op::Call, {x}, {width});
    model.last().callee = 1;
    model.last().layer = 0;
    model.yield(model.add(Op::Linear, {x}, {tokens}, {tokens, width}));

    ValueId in = layer.input({width});
    ValueId q = layer.add(Op::Linear, {in}, {heads, width / heads}, {width, width});
    ValueId k = layer.add(Op::View, {in}, {heads, width / heads});
    attend = static_cast<uint32_t>(graph.templates[1].nodes.size());
    ValueId mixed = layer.add(Op::Attend, {q, k, k}, {heads, width / heads});
    ValueId y = layer.add(Op::Linear, {mixed}, {width}, {width, width});
    layer.yield(layer.add(Op::Add, {in, y}, {width}));

    at::manual_seed(7);
    embedding = add_module(graph, 0, 0, 0);
    query = add_module(graph, 1, 0, 1);
    down = add_module(graph, 1, 1, 1);
    head = add_module(graph, 0, 1, 0);
    for (uint32_t m : {embedding, query, down, head})
      weights.tensors[{m, 0}] = at::randn(graph.declaration(graph.modules[m]).tensors[0].shape);
  }

  at::Tensor logits(const ActivationFormats* activations) {
    ForwardOptions options;
    options.activations = activations;
    Forward forward(graph, weights, options);
    forward.start({{{0, 3, 1, 4}, {{4}}}});
    return forward.finish(0);
  }
};

// The weights carry the inverse: nothing changes but rounding.
TEST(OnlineTransforms, InputsAndOutputsKeepTheFunction) {
  Model model;
  const at::Tensor expected = model.logits(nullptr);
  const at::Tensor v = orthogonal(3, 11), u = orthogonal(width, 12), s = orthogonal(width, 13);
  auto weight = [&](uint32_t module) -> at::Tensor& { return model.weights.tensors.at({module, 0}); };
  const at::Tensor blocks = at::kron(at::eye(2, at::kDouble), v.contiguous());
  weight(model.down) = at::matmul(weight(model.down).to(at::kDouble), blocks).to(at::kFloat);
  weight(model.query) = at::matmul(u.t(), at::matmul(weight(model.query).to(at::kDouble), s)).to(at::kFloat);
  ActivationFormats activations;
  // Heads are one width here: blocks of three stand for the heads of the attention.
  activations.online.modules[model.down].input = transform(v);
  activations.online.modules[model.query] = {transform(s), transform(u, true)};
  EXPECT_GT(distance(model.logits(nullptr), expected), 0.1);
  EXPECT_LT(distance(model.logits(&activations), expected), 1e-5);
}

TEST(OnlineTransforms, QueriesAndKeysTogetherKeepTheFunction) {
  Model model;
  const at::Tensor expected = model.logits(nullptr), r = orthogonal(width / heads, 21);
  ActivationFormats both, one;
  both.online.attentions[{1, model.attend}] = {transform(r), transform(r)};
  one.online.attentions[{1, model.attend}].queries = transform(r);
  EXPECT_LT(distance(model.logits(&both), expected), 1e-5);
  EXPECT_GT(distance(model.logits(&one), expected), 1e-3);
}

// The order of readers: rotated first, then rounded.
TEST(OnlineTransforms, InputsAreRotatedBeforeTheyAreQuantized) {
  Model model;
  const at::Tensor s = orthogonal(width, 31);
  Format format;
  format.element = Element::Int;
  format.bits = 4;
  format.per = Per::Token;
  format.dynamic = true;
  ActivationFormats activations, plain;
  activations.modules[model.head].input = plain.modules[model.head].input = format;
  activations.online.modules[model.head].input = transform(s);
  at::Tensor& weight = model.weights.tensors.at({model.head, 0});
  weight = at::matmul(weight.to(at::kDouble), s).to(at::kFloat);
  const at::Tensor logits = model.logits(&activations);

  Model exact;
  ForwardOptions options;
  at::Tensor seen;
  options.observe = [&](int64_t, size_t, const at::Tensor& x) { seen = x; };
  Forward forward(exact.graph, exact.weights, options);
  forward.start({{{0, 3, 1, 4}, {{4}}}});
  const at::Tensor rounded = fake_quantize(at::matmul(seen, s.to(at::kFloat)), format, {});
  EXPECT_LT(distance(logits, at::matmul(rounded, weight.t())), 1e-5);
}

TEST(OnlineTransforms, MoveTogetherAndShareMatrices) {
  OnlineTransforms transforms;
  OnlineTransform shared = transform(orthogonal(4, 41));
  transforms.modules[1].input = shared;
  transforms.modules[2].output = shared;
  const OnlineTransforms moved = transforms.on(at::Device("cpu"));
  EXPECT_EQ(moved.modules.at(1).input.rotation, moved.modules.at(2).output.rotation);
  EXPECT_EQ(moved.modules.at(1).input.rotation->inner.scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace lcr
