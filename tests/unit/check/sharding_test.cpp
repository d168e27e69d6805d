#include "compiler/check/sharding.h"

#include <gtest/gtest.h>

namespace lcr {
namespace {

// A layer written node by node; every value has one feature dimension unless said otherwise.
class LayerBuilder {
 public:
  LayerBuilder() {
    graph.templates.emplace_back();
    graph.templates[0].values.push_back({none_id, {64}});
    graph.templates[0].inputs = {0};
  }

  ValueId node(Op op, std::vector<ValueId> inputs, Dims dims = {64}, uint32_t module = none_id) {
    Template& layer = graph.templates[0];
    const ValueId made = static_cast<ValueId>(layer.values.size());
    layer.values.push_back({static_cast<uint32_t>(layer.nodes.size()), std::move(dims)});
    Node one;
    one.op = op;
    one.inputs = std::move(inputs);
    one.outputs = {made};
    one.module = module;
    layer.nodes.push_back(std::move(one));
    return made;
  }

  ValueId linear(const std::string& path, ValueId input, Dims dims = {64}, Role roles = Role::None) {
    TemplateModule module;
    module.path = path;
    module.roles = roles;
    graph.templates[0].modules.push_back(std::move(module));
    return node(Op::Linear, {input}, std::move(dims), static_cast<uint32_t>(graph.templates[0].modules.size() - 1));
  }

  Sharding of(std::string_view path) const {
    const std::vector<Sharding> all = shardings(graph, 0);
    for (size_t m = 0; m < all.size(); ++m)
      if (graph.templates[0].modules[m].path == path) return all[m];
    return Sharding::Whole;
  }

  ModelGraph graph;
};

TEST(Sharding, FollowsTheDataflowOfADenseLayer) {
  LayerBuilder b;
  const ValueId a = b.node(Op::RmsNorm, {0});
  const ValueId q = b.node(Op::RmsNorm, {b.linear("q_proj", a, {4, 16})}, {4, 16});
  const ValueId k = b.linear("k_proj", a, {2, 16}), v = b.linear("v_proj", a, {2, 16});
  const ValueId h = b.node(Op::Add, {0, b.linear("o_proj", b.node(Op::Attend, {b.node(Op::Rope, {q}, {4, 16}), k, v}, {4, 16}))});
  const ValueId m = b.node(Op::RmsNorm, {h});
  const ValueId inner = b.node(Op::Multiply, {b.node(Op::Activate, {b.linear("gate_proj", m)}), b.linear("up_proj", m)});
  b.node(Op::Add, {h, b.linear("down_proj", inner)});
  for (const char* path : {"q_proj", "k_proj", "v_proj", "gate_proj", "up_proj"}) EXPECT_EQ(b.of(path), Sharding::Column) << path;
  for (const char* path : {"o_proj", "down_proj"}) EXPECT_EQ(b.of(path), Sharding::Row) << path;
}

// A latent that a norm reads as a whole is on every rank; what follows the norm is divided again.
TEST(Sharding, KeepsLatentsAndRoutersWhole) {
  LayerBuilder b;
  const ValueId latent = b.linear("kv_a_proj", 0);
  const ValueId part = b.node(Op::Split, {latent}, {48});
  b.linear("kv_b_proj", b.node(Op::RmsNorm, {part}, {48}), {4, 32});
  b.linear("gate", 0, {8}, Role::Router);
  EXPECT_EQ(b.of("kv_a_proj"), Sharding::Whole);
  EXPECT_EQ(b.of("kv_b_proj"), Sharding::Column);
  EXPECT_EQ(b.of("gate"), Sharding::Whole);
}

}  // namespace
}  // namespace lcr
