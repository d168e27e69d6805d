#include <fmt/core.h>

#include "compiler/facts/smoothing.h"

namespace lcr {

size_t width_of(const Value& value) {
  size_t width = 1;
  for (int64_t dim : value.dims) width *= static_cast<size_t>(dim);
  return std::max<size_t>(1, width);
}

namespace {

class Posing {
 public:
  Posing(const ModelGraph& graph, TemplateId id, const std::map<TemplateId, ScaleProblem>& solved)
      : graph_(graph), id_(id), self_(graph.templates[id]), solved_(solved) {
    for (const Value& value : self_.values) problem_.first.push_back(problem_.channels.add(width_of(value)));
  }

  ScaleProblem pose() {
    for (uint32_t index = 0; index < self_.nodes.size(); ++index) relate(index);
    for (uint32_t index : problem_.late) multiply(self_.nodes[index]);
    if (id_ == 0) {
      for (ValueId input : self_.inputs) fix(input, "it is an input of the model");
      for (ValueId output : self_.outputs) fix(output, "it is the model's output");
    }
    return std::move(problem_);
  }

 private:
  uint32_t channel(ValueId value, size_t index) const { return problem_.first[value] + static_cast<uint32_t>(index); }
  size_t width(ValueId value) const { return width_of(self_.values[value]); }
  int64_t last(ValueId value) const { return self_.values[value].dims.empty() ? 1 : self_.values[value].dims.back(); }
  size_t leading(ValueId value) const { return width(value) / static_cast<size_t>(std::max<int64_t>(1, last(value))); }

  void fix(ValueId value, const std::string& reason) {
    for (size_t c = 0; c < width(value); ++c) problem_.channels.fix(channel(value, c), reason);
  }
  void fix_all(const Node& node, const std::string& reason) {
    for (ValueId value : node.inputs) fix(value, reason);
    for (ValueId value : node.outputs) fix(value, reason);
  }
  // Channel by channel; the narrower one repeats (broadcasting over leading dimensions).
  void tie(ValueId a, ValueId b, double power = 1.0) {
    size_t n = std::max(width(a), width(b));
    for (size_t c = 0; c < n; ++c) problem_.channels.tie(channel(a, c % width(a)), channel(b, c % width(b)), power);
  }
  void use(const Node& node, ValueId value, Side::Action action, size_t first_entry, size_t period) {
    for (size_t c = 0; c < width(value); ++c) {
      auto entry = static_cast<uint32_t>(first_entry + (period ? c % period : c));
      problem_.uses.push_back({id_, node.module, false, none_id, action, entry, channel(value, c), 1.0});
    }
  }
  std::string named(const Node& node) const {
    if (node.module == none_id) return std::string(name_of(node.op));
    return fmt::format("{} `{}`", name_of(node.op), self_.modules[node.module].path);
  }

  void relate(uint32_t index);
  void own_weights(const Node& node);
  void norm(const Node& node);
  void activate(const Node& node);
  void attend(const Node& node);
  void split(const Node& node);
  void concat(const Node& node);
  void merge(const Node& node);
  void call(const Node& node);
  void multiply(const Node& node);

  const ModelGraph& graph_;
  TemplateId id_;
  const Template& self_;
  const std::map<TemplateId, ScaleProblem>& solved_;
  ScaleProblem problem_;
};

void Posing::own_weights(const Node& node) {
  using Action = Side::Action;
  size_t row = 0;
  switch (node.op) {
    case Op::Linear:
    case Op::Conv1d:
    case Op::PatchEmbedding:
      use(node, node.inputs[0], Action::ReadColumns, 0, 0);
      for (ValueId output : node.outputs) {
        use(node, output, Action::WriteRows, row, 0);
        row += width(output);
      }
      return;
    case Op::CausalConv:
      use(node, node.inputs[0], Action::ReadRows, 0, 0);
      use(node, node.outputs[0], Action::WriteRows, 0, 0);
      return;
    case Op::Parameter:
      use(node, node.outputs[0], Action::WriteEntries, 0, 0);
      return;
    default:
      use(node, node.outputs[0], Action::WriteWidth, 0, 0);
  }
}

void Posing::norm(const Node& node) {
  fix(node.inputs[0], named(node) + " reads it");
  ValueId output = node.outputs[0];
  if (node.module == none_id) return fix(output, "a norm without a weight gives it");
  size_t weights = 1;
  for (int64_t dim : self_.modules[node.module].tensors[0].shape) weights *= static_cast<size_t>(dim);
  use(node, output, Side::Action::WriteNorm, 0, weights);
  // A weight that all heads share ties them.
  for (size_t c = weights; c < width(output); ++c)
    problem_.channels.tie(channel(output, c), channel(output, c % weights));
}

void Posing::activate(const Node& node) {
  switch (node.attributes.activation) {
    case Activation::Identity:
    case Activation::Relu:
      return tie(node.outputs[0], node.inputs[0]);
    case Activation::Relu2:
      return tie(node.outputs[0], node.inputs[0], 2.0);
    default:
      return fix_all(node, "an activation that is not linear is between");
  }
}

// Values pass through the weighted sum; the heads of a group share one key-value head.
void Posing::attend(const Node& node) {
  fix(node.inputs[0], "the attention scores read it");
  fix(node.inputs[1], "the attention scores read it");
  if (node.inputs.size() > 3) fix(node.inputs[3], "the attention scores read it");
  ValueId value = node.inputs[2], output = node.outputs[0];
  auto depth = static_cast<size_t>(last(output));
  size_t group = leading(output) / leading(value);
  for (size_t head = 0; head < leading(output); ++head) {
    for (size_t c = 0; c < depth; ++c) {
      problem_.channels.tie(channel(output, head * depth + c), channel(value, head / group * depth + c));
    }
  }
}

void Posing::split(const Node& node) {
  ValueId whole = node.inputs[0];
  auto depth = static_cast<size_t>(last(whole));
  size_t offset = 0;
  for (ValueId part : node.outputs) {
    auto own = static_cast<size_t>(last(part));
    for (size_t lead = 0; lead < leading(part); ++lead) {
      for (size_t c = 0; c < own; ++c) {
        problem_.channels.tie(channel(part, lead * own + c), channel(whole, lead * depth + offset + c));
      }
    }
    offset += own;
  }
}

void Posing::concat(const Node& node) {
  ValueId whole = node.outputs[0];
  auto depth = static_cast<size_t>(last(whole));
  size_t offset = 0;
  for (ValueId part : node.inputs) {
    auto own = static_cast<size_t>(last(part));
    size_t leads = leading(part);
    for (size_t lead = 0; lead < leading(whole); ++lead) {
      for (size_t c = 0; c < own; ++c) {
        problem_.channels.tie(channel(whole, lead * depth + offset + c), channel(part, lead % leads * own + c));
      }
    }
    offset += own;
  }
}

// n x n patches become one of n^2 times the width, token after token or channel after channel.
void Posing::merge(const Node& node) {
  size_t own = width(node.inputs[0]), merged = width(node.outputs[0]);
  auto patches = static_cast<size_t>(node.attributes.patch * node.attributes.patch);
  for (size_t c = 0; c < merged; ++c) {
    size_t from = node.attributes.channel_major ? c / patches : c % own;
    problem_.channels.tie(channel(node.outputs[0], c), channel(node.inputs[0], from));
  }
}

// What the callee leaves free at its inputs and outputs becomes free here, with the weights that absorb it there.
void Posing::call(const Node& node) {
  const Template& callee = graph_.templates[node.callee];
  const ScaleProblem& inner = solved_.at(node.callee);
  bool experts = node.op == Op::Dispatch;
  uint32_t instance = none_id;
  for (uint32_t i = 0; i < graph_.instances.size(); ++i) {
    if (!experts && graph_.instances[i].node == static_cast<uint32_t>(&node - self_.nodes.data()) && i > 0)
      instance = i;
  }
  std::map<uint32_t, uint32_t> classes;  // representative there -> channel here
  auto join = [&](ValueId here, ValueId there) {
    for (size_t c = 0; c < width(here); ++c) {
      uint32_t inside = inner.first[there] + static_cast<uint32_t>(c);
      if (const std::string* reason = inner.channels.reason(inside)) {
        problem_.channels.fix(channel(here, c), *reason);
        continue;
      }
      auto [root, power] = inner.channels.find(inside);
      auto [found, fresh] = classes.try_emplace(root, 0);
      if (fresh) found->second = problem_.channels.add(1);
      problem_.channels.tie(channel(here, c), found->second, power);
    }
  };
  if (experts) {
    join(node.inputs[0], callee.inputs[0]);
    join(node.outputs[0], callee.outputs[0]);
    fix(node.inputs[1], "routing reads it");
  } else {
    for (size_t i = 0; i < node.inputs.size(); ++i) join(node.inputs[i], callee.inputs[i]);
    for (size_t i = 0; i < node.outputs.size(); ++i) join(node.outputs[i], callee.outputs[i]);
  }
  if (classes.empty()) return;
  for (const Use& use : inner.uses) {
    auto [root, power] = inner.channels.find(use.channel);
    auto found = classes.find(root);
    if (found == classes.end()) continue;
    Use outer = use;
    outer.channel = found->second;
    outer.power = use.power * power;
    outer.experts = use.experts || experts;
    if (!experts) outer.instance = instance;
    problem_.uses.push_back(outer);
  }
}

// After everything else: a side that is rigid anyway lets the scale of the other one pass.
void Posing::multiply(const Node& node) {
  ValueId a = node.inputs[0], b = node.inputs[1], out = node.outputs[0];
  auto rigid = [&](ValueId value) {
    for (size_t c = 0; c < width(value); ++c) {
      if (!problem_.channels.rigid(channel(value, c))) return false;
    }
    return true;
  };
  if (rigid(b)) return tie(out, a);
  if (rigid(a) && node.op == Op::Multiply) return tie(out, b);
  fix_all(node, "it is multiplied by a value that is free too");
}

void Posing::relate(uint32_t index) {
  const Node& node = self_.nodes[index];
  if (node.unused) return;
  switch (node.op) {
    case Op::Input:
      return fix_all(node, "it is an input of the model");
    case Op::Linear: case Op::Conv1d: case Op::PatchEmbedding: case Op::CausalConv: case Op::Parameter:
    case Op::Embedding: case Op::LearnedPositions:
      return own_weights(node);
    case Op::RmsNorm: case Op::LayerNorm:
      return norm(node);
    case Op::Activate:
      return activate(node);
    case Op::Attend:
      return attend(node);
    case Op::DeltaRule: case Op::SsmScan: {
      size_t through = node.op == Op::DeltaRule ? 2 : 0;
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (i != through) fix(node.inputs[i], "a recurrence reads it");
      }
      return tie(node.outputs[0], node.inputs[through]);
    }
    case Op::Add: case Op::Subtract:
      if (node.inputs.size() < 2) return fix_all(node, "a constant is added");
      for (ValueId input : node.inputs) tie(node.outputs[0], input);
      return;
    case Op::Multiply: case Op::Divide:
      if (node.inputs.size() < 2) {
        return node.attributes.constant_left && node.op == Op::Divide ? fix_all(node, "it is a divisor")
                                                                       : tie(node.outputs[0], node.inputs[0]);
      }
      problem_.late.push_back(index);
      return;
    case Op::View: case Op::F32: case Op::Native: case Op::Negate: case Op::DropFirst: case Op::PoolPatches:
    case Op::Temperature:
      return tie(node.outputs[0], node.inputs[0]);
    case Op::Split:
      return split(node);
    case Op::Concat:
      return concat(node);
    case Op::Scatter: case Op::Prepend:
      tie(node.outputs[0], node.inputs[0]);
      return tie(node.outputs[0], node.inputs[1]);
    case Op::MergePatches:
      return merge(node);
    case Op::Call: case Op::Dispatch:
      return call(node);
    case Op::Rope:
      return fix_all(node, "rotary positions are applied to it");
    default:
      return fix_all(node, named(node) + " reads it");
  }
}

}  // namespace

ScaleProblem pose(const ModelGraph& graph, TemplateId id, const std::map<TemplateId, ScaleProblem>& solved) {
  return Posing(graph, id, solved).pose();
}

}  // namespace lcr
