#include "backend/calibrate/layer_passes.h"

#include <gtest/gtest.h>

#include "backend/calibrate/block_loss.h"
#include "tests/unit/forward/build_model.h"

namespace lcr {
namespace {

// A gated block: y = x + down(act(gate(norm x)) * up(norm x)), inner width 8, outer width 4.
class Passes : public testing::Test {
 protected:
  Passes() {
    by_hand::TemplateBuilder block(graph_, 0);
    x_ = block.input({4});
    normed_ = block.add(Op::RmsNorm, {x_}, {4});
    gate_ = linear(block, normed_, 8);
    up_ = linear(block, normed_, 8);
    const ValueId active = block.add(Op::Activate, {gate_}, {8});
    product_ = block.add(Op::Multiply, {active, up_}, {8});
    down_ = linear(block, product_, 4);
    y_ = block.add(Op::Add, {x_, down_}, {4});
    block.yield(y_);
    Template& self = graph_.templates[0];
    for (Value& value : self.values) value.node = none_id;
    for (uint32_t n = 0; n < self.nodes.size(); ++n)
      for (ValueId output : self.nodes[n].outputs) self.values[output].node = n;
    live_.nodes.assign(self.nodes.size(), true);
    live_.outputs = {true};
  }

  ValueId linear(by_hand::TemplateBuilder& block, ValueId input, int64_t out) {
    return block.add(Op::Linear, {input}, {out}, {out, 4});
  }
  LayerPasses passes() {
    std::vector<bool> available(graph_.templates[0].values.size(), false);
    available[x_] = true;
    return {graph_.templates[0], live_, std::move(available)};
  }

  ModelGraph graph_;
  Liveness live_;
  ValueId x_, normed_, gate_, up_, product_, down_, y_;
};

using Nodes = std::vector<uint32_t>;

TEST_F(Passes, RunWhatIsNeededOnce) {
  LayerPasses layer = passes();
  EXPECT_EQ(layer.outputs(), (std::vector<ValueId>{y_}));
  EXPECT_EQ(layer.advance({normed_}, {product_, y_}, 8).nodes, (Nodes{0}));
  EXPECT_EQ(layer.advance({product_}, {y_}, 8).nodes, (Nodes{0, 1, 2, 3, 4}));
  EXPECT_EQ(layer.advance({y_}, {}, 8).nodes, (Nodes{5, 6}));
}

// A norm costs about what reading it would, and is made again; a wide value is too large to wait.
TEST_F(Passes, KeepNarrowValuesThatCostMuch) {
  LayerPasses layer = passes();
  layer.advance({normed_}, {product_, y_}, 8);
  EXPECT_FALSE(layer.available()[normed_]);
  EXPECT_TRUE(layer.available()[x_]);
  layer.advance({product_}, {y_}, 4);
  EXPECT_FALSE(layer.available()[product_]);
  EXPECT_EQ(layer.advance({y_}, {}, 4).nodes.size(), 7u);
}

TEST_F(Passes, LetGoOfValuesAfterTheirLastUse) {
  LayerPasses layer = passes();
  const LayerPass pass = layer.advance({y_}, {}, 8);
  ASSERT_EQ(pass.last.size(), 7u);
  std::vector<int> dropped(graph_.templates[0].values.size(), 0);
  for (const auto& values : pass.last)
    for (ValueId value : values) ++dropped[value];
  for (ValueId value : {x_, normed_, gate_, up_, product_, down_}) EXPECT_EQ(dropped[value], 1) << value;
  EXPECT_EQ(dropped[y_], 0);
}

// Gate and up come together in the product, which only the third linear reads.
TEST_F(Passes, FindTheOutputOfABlock) {
  EXPECT_EQ(block_output(graph_.templates[0], {0, 1}, none_id), down_);
  EXPECT_EQ(block_output(graph_.templates[0], {2}, none_id), down_);
}

}  // namespace
}  // namespace lcr
