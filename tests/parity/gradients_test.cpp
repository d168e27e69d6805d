#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "backend/forward/model_stages.h"
#include "backend/forward/template_runner.h"
#include "planner/plan/layout.h"
#include "tests/parity/parity_model.h"
#include "tests/parity/reference.h"

// What comes back through layers of every kind, against differences of what they give: by the layer's input and by all
// weights. autoround tunes by it and rotations are learned by it.
namespace lcr {
namespace {

// Tensors that move together: one module of a template, all experts' at once.
struct Group {
  std::string name;
  std::vector<at::Tensor> leaves, directions;
};

// One layer on a fixed input, with its own copies of the weights.
class Layer {
 public:
  Layer(const ModelGraph& graph, const Weights& base, uint32_t call, std::vector<Slot> inputs, PackState pack)
      : graph_(graph), weights_(base, graph), cache_(weights_, at::kFloat, "cpu", 0),
        runner_(graph, cache_, nullptr, at::kFloat, "cpu"), inputs_(std::move(inputs)), pack_(std::move(pack)) {
    place_ = {graph.templates[0].nodes[call].callee, ModuleIndex(graph).instance_of_call(call), -1};
    Group& input = groups.emplace_back();
    input.name = "input";
    for (Slot& slot : inputs_) {
      if (!slot.tensor.defined() || !slot.tensor.is_floating_point()) continue;
      slot.tensor = slot.tensor.detach().clone().requires_grad_(true);
      input.leaves.push_back(slot.tensor);
    }
    std::map<std::tuple<TemplateId, uint32_t, uint32_t>, Group> own;
    for (uint32_t m = 0; m < graph.modules.size(); ++m) {
      const Module& module = graph.modules[m];
      if (module.instance != place_.instance || module.kind == ModuleKind::Opaque) continue;
      for (uint32_t t = 0; t < graph.declaration(module).tensors.size(); ++t) {
        if (view_of(graph, m, t) == nullptr) continue;
        const at::Tensor leaf = base.tensor(m, t).to(at::kFloat).clone().requires_grad_(true);
        weights_.set(m, t, leaf);
        Group& group = own[{module.owner, module.local, t}];
        group.name = fmt::format("{} {}", module.path, graph.declaration(module).tensors[t].name);
        group.leaves.push_back(leaf);
      }
    }
    for (auto& [key, group] : own) groups.push_back(std::move(group));
  }

  // A sum of the outputs under fixed weights, float64; and the experts that were chosen.
  at::Tensor value(std::vector<at::Tensor>& chosen) {
    cache_.end_stage();
    const Template& t = graph_.templates[place_.id];
    std::vector<bool> absent;
    for (const Slot& input : inputs_) absent.push_back(!input.tensor.defined());
    const Liveness& live = runner_.alive(place_.id, absent);
    std::vector<Slot> values(t.values.size());
    for (size_t i = 0; i < inputs_.size(); ++i) values[t.inputs[i]] = inputs_[i];
    for (uint32_t node = 0; node < t.nodes.size(); ++node) {
      if (!live.nodes[node]) continue;
      runner_.run_node(place_, node, values, pack_);
      if (t.nodes[node].op == Op::TopK)
        chosen.push_back(std::get<0>(at::sort(values[t.nodes[node].outputs[0]].indices, /*stable=*/true, -1, false)));
    }
    at::Generator random = at::detail::createCPUGenerator(7);
    at::Tensor sum = at::zeros({}, at::kDouble);
    for (ValueId output : t.outputs) {
      const at::Tensor& y = values[output].tensor;
      if (!y.defined() || !y.is_floating_point()) continue;
      sum = sum + (y.to(at::kDouble) * at::randn(y.sizes(), random, at::kDouble)).sum();
    }
    return sum;
  }

  std::vector<Group> groups;

 private:
  const ModelGraph& graph_;
  ChangedWeights weights_;
  WeightCache cache_;
  TemplateRunner runner_;
  std::vector<Slot> inputs_;
  PackState pack_;
  NodePlace place_;
};

void move(const Group& group, double by) {
  at::AutoGradMode constant(false);
  for (size_t i = 0; i < group.leaves.size(); ++i) at::Tensor(group.leaves[i]).add_(group.directions[i], by);
}

bool same(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (!a[i].equal(b[i])) return false;
  return a.size() == b.size();
}

// As long as the tensors: half along the gradient, half anywhere. Gives the gradient's part along it.
double aim(Group& group, at::Generator& random) {
  double square = 0, length = 0, along = 0;
  for (const at::Tensor& leaf : group.leaves) {
    length += leaf.detach().square().sum().item<double>();
    if (leaf.grad().defined()) square += leaf.grad().square().sum().item<double>();
  }
  const double leaves = double(group.leaves.size());
  for (const at::Tensor& leaf : group.leaves) {
    at::Tensor direction = at::randn(leaf.sizes(), random, at::kFloat) * std::sqrt(length / (leaves * double(leaf.numel())));
    if (square > 0 && leaf.grad().defined()) {
      direction = direction + leaf.grad() * std::sqrt(length / square);
      along += (leaf.grad().to(at::kDouble) * direction).sum().item<double>();
    }
    group.directions.push_back(direction);
  }
  return along;
}

void check(Layer& layer, const std::string& where) {
  std::vector<at::Tensor> chosen;
  {
    at::AutoGradMode differentiate(true);
    layer.value(chosen).backward();
  }
  at::Generator random = at::detail::createCPUGenerator(5);
  for (Group& group : layer.groups) {
    const double expected = aim(group, random);
    // Nothing where a token goes to other experts on either side.
    const auto difference = [&](double step) -> std::optional<double> {
      std::vector<at::Tensor> there, back;
      move(group, step);
      const double high = layer.value(there).item<double>();
      move(group, -2 * step);
      const double low = layer.value(back).item<double>();
      move(group, step);
      if (!same(there, chosen) || !same(back, chosen)) return std::nullopt;
      return (high - low) / (2 * step);
    };
    // Long steps bend (short keys bend the delta rule within 1e-4), short ones drown in rounding: where two agree best.
    std::optional<double> found, longer, shorter;
    double least = std::numeric_limits<double>::infinity();
    for (double step = 4e-3; step > 1e-6 && !(found && least < 0.001 * std::abs(*found)); step /= 4) {
      longer = std::exchange(shorter, difference(step));
      if (!longer || !shorter || std::abs(*shorter - *longer) >= least) continue;
      least = std::abs(*shorter - *longer);
      found = shorter;
    }
    ASSERT_TRUE(found) << where << ", " << group.name << ": a choice on the edge";
    // Measured: 0.0015 of it, and 0.22 where outputs are of the order of 1e4 (the sinks of gpt_oss).
    EXPECT_NEAR(*found, expected, 0.005 * std::abs(expected) + 0.3) << where << ", " << group.name;
  }
}

class GradientsOf : public testing::TestWithParam<const char*> {
 protected:
  at::AutoGradMode no_gradients{false};
};

TEST_P(GradientsOf, LayersAreThoseOfTheirDifferences) {
  auto model = load(GetParam());
  ASSERT_TRUE(model);
  const ModelGraph& graph = model->graph;
  WeightCache cache(*model->base, at::kFloat, "cpu", 1 << 30);
  TemplateRunner runner(graph, cache, nullptr, at::kFloat, "cpu");
  const Liveness& live = runner.alive(0, absent_inputs(graph));
  const Pack pack = pack_of(model->ids);
  PackState state{pack.sequences, at::tensor(pack.ids, at::kLong)};
  std::vector<Slot> values(graph.templates[0].values.size());
  int layers = 0;
  for (const ModelStage& stage : stages_of(graph.templates[0], live)) {
    if (stage.layer) {
      std::vector<Slot> inputs;
      for (ValueId value : graph.templates[0].nodes[stage.nodes.front()].inputs) inputs.push_back(values[value]);
      Layer layer(graph, *model->base, stage.nodes.front(), std::move(inputs), state);
      check(layer, fmt::format("layer {}", layers++));
    }
    for (uint32_t node : stage.nodes) {
      runner.run_node(NodePlace{}, node, values, state);
      for (ValueId value : live.last[node]) values[value] = {};
    }
  }
  EXPECT_GE(layers, 2);
}

INSTANTIATE_TEST_SUITE_P(Models, GradientsOf,
                         testing::Values("gemma2", "mixtral", "qwen3_moe", "deepseek_v3", "gpt_oss", "llama4_text",
                                         "qwen3_next", "nemotron_h"),
                         [](const testing::TestParamInfo<const char*>& info) { return std::string(info.param); });

}  // namespace
}  // namespace lcr
