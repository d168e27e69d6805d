#include "backend/forward/template_runner.h"

#include <ATen/ATen.h>

#include "backend/forward/operations.h"
#include "backend/forward/step.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// Every sequence has a cache of its own, and with it scales of its own where they come at run time.
at::Tensor rounded(const at::Tensor& x, const AttentionActivations::Point& point, const Sequences& sequences) {
  if (!point.format) return x;
  if (!point.format->dynamic) return fake_quantize(x, *point.format, point.scales);
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part : x.split_with_sizes(sequences.lengths))
    parts.push_back(fake_quantize(part, *point.format, point.scales));
  return at::cat(parts);
}

}  // namespace

TemplateRunner::TemplateRunner(const ModelGraph& graph, WeightCache& weights, const ActivationFormats* activations,
                               at::ScalarType native, std::string device)
    : graph_(graph), weights_(weights), activations_(activations), native_(native), device_(std::move(device)),
      modules_(graph) {}

const Liveness& TemplateRunner::alive(TemplateId id, const std::vector<bool>& absent) {
  auto [found, fresh] = liveness_.try_emplace({id, absent});
  if (fresh) found->second = liveness(graph_, id, absent, {"ids"});
  return found->second;
}

std::vector<Slot> TemplateRunner::run(const NodePlace& place, std::vector<Slot> inputs, PackState& pack) {
  const Template& t = graph_.templates[place.id];
  LCR_CHECK(inputs.size() == t.inputs.size(), "a template is called with another number of inputs");
  std::vector<bool> absent;
  for (const Slot& input : inputs) absent.push_back(!input.tensor.defined());
  const Liveness& live = alive(place.id, absent);
  std::vector<Slot> values(t.values.size());
  for (size_t i = 0; i < inputs.size(); ++i) values[t.inputs[i]] = std::move(inputs[i]);
  for (uint32_t node = 0; node < t.nodes.size(); ++node) {
    if (!live.nodes[node]) continue;
    run_node(place, node, values, pack);
    for (ValueId value : live.last[node]) values[value] = {};
  }
  std::vector<Slot> outputs;
  for (ValueId value : t.outputs) outputs.push_back(values[value]);
  return outputs;
}

void TemplateRunner::run_node(const NodePlace& place, uint32_t index, std::vector<Slot>& values, PackState& pack) {
  const Template& t = graph_.templates[place.id];
  const Node& node = t.nodes[index];
  Step step{place, t, node, values, pack};
  auto put = [&](size_t output, Slot datum) { values[node.outputs[output]] = std::move(datum); };
  switch (node.op) {
    case Op::Call: {
      std::vector<Slot> inputs;
      for (ValueId value : node.inputs) inputs.push_back(values[value]);
      std::vector<Slot> outputs = run({node.callee, modules_.instance_of_call(index), -1}, std::move(inputs), pack);
      for (size_t i = 0; i < outputs.size(); ++i) put(i, std::move(outputs[i]));
      return;
    }
    case Op::Linear: {
      std::vector<at::Tensor> outputs = linear(step);
      for (size_t i = 0; i < outputs.size(); ++i) put(i, {outputs[i], {}});
      return;
    }
    case Op::Split: {
      std::vector<at::Tensor> parts = at::split_with_sizes(step.in(0), node.attributes.sizes, -1);
      for (size_t i = 0; i < parts.size(); ++i) put(i, {parts[i], {}});
      return;
    }
    case Op::Activate:
      if (gates(place.id).activations.contains(index)) return put(0, {step.in(0), {}});
      return put(0, {compute(step), values[node.inputs[0]].indices});
    case Op::Multiply: {
      const Gates& joined = gates(place.id);
      const auto found = joined.products.find(index);
      if (found == joined.products.end()) return put(0, {compute(step), values[node.inputs[0]].indices});
      const auto [gate, activation] = found->second;
      return put(0, {forward::gated(step.in(gate), step.in(1 - gate), t.nodes[activation].attributes.activation), {}});
    }
    case Op::TopK: {
      forward::Routing routing =
          forward::top_k(step.in(0), node.inputs.size() > 1 ? step.in(1) : at::Tensor(), node.attributes);
      return put(0, {routing.weights, routing.indices});
    }
    default: {
      // What is computed from a routing value's weights stays bound to its indices.
      at::Tensor indices;
      if (!node.inputs.empty() && node.op != Op::Dispatch) indices = values[node.inputs[0]].indices;
      return put(0, {compute(step), indices});
    }
  }
}

const TemplateRunner::Gates& TemplateRunner::gates(TemplateId id) {
  auto [found, fresh] = gates_.try_emplace(id);
  if (!fresh) return found->second;
  const Template& t = graph_.templates[id];
  std::map<ValueId, int> uses;
  for (const Node& node : t.nodes)
    for (ValueId value : node.inputs) ++uses[value];
  for (ValueId value : t.outputs) ++uses[value];
  for (uint32_t n = 0; n < t.nodes.size(); ++n) {
    if (t.nodes[n].op != Op::Multiply || t.nodes[n].inputs.size() != 2) continue;
    for (size_t i = 0; i < 2 && !found->second.products.contains(n); ++i) {
      const ValueId value = t.nodes[n].inputs[i];
      const uint32_t from = t.values[value].node;
      if (from == none_id || t.nodes[from].op != Op::Activate || uses[value] != 1) continue;
      found->second.products[n] = {i, from};
      found->second.activations.insert(from);
    }
  }
  return found->second;
}

at::Tensor TemplateRunner::compute(const Step& step) {
  const Attributes& a = step.node.attributes;
  switch (step.node.op) {
    case Op::Input: return step.pack.ids;
    case Op::Parameter: return weights_.get(module_of(step), 0);
    case Op::Embedding: return embedding(step);
    case Op::LearnedPositions:
      return weights_.rows(module_of(step), 0, at::tensor(step.pack.sequences.positions(), at::kLong));
    case Op::RmsNorm: return forward::rms_norm(step.in(0), weight(step, "weight"), a, native_);
    case Op::LayerNorm:
      return forward::layer_norm(step.in(0), weight(step, "weight"), weight(step, "bias"), a, native_);
    case Op::UnitRms: return forward::unit_rms(step.in(0), a.eps);
    case Op::L2Norm: return forward::l2_norm(step.in(0), a.eps);
    case Op::Activate: return forward::activate(step.in(0), a.activation);
    case Op::Add:
    case Op::Subtract:
    case Op::Multiply:
    case Op::Divide:
      return step.node.inputs.size() > 1 ? forward::arithmetic(step.node.op, step.in(0), step.in(1))
                                         : forward::arithmetic(step.node.op, step.in(0), a, native_);
    case Op::Softcap: return forward::softcap(step.in(0), a.constant);
    case Op::Clamp: return forward::clamp(step.in(0), a);
    case Op::Normalize: return forward::normalize(step.in(0), a.eps);
    case Op::Softmax: return at::softmax(step.in(0), -1);
    case Op::Log1p: return at::log1p(step.in(0));
    case Op::Negate: return -step.in(0);
    case Op::F32: return step.in(0).to(at::kFloat);
    case Op::Native: return step.in(0).to(native_);
    case Op::Every: return step.in(0).slice(-1, a.start, std::nullopt, a.step);
    case Op::View: return step.in(0).reshape(step.shape(0));
    case Op::Scatter: return step.in(0);
    default: return compute_sequence(step);
  }
}

// Operations that look along a sequence, and those that take several values.
at::Tensor TemplateRunner::compute_sequence(const Step& step) {
  const Attributes& a = step.node.attributes;
  const Sequences& sequences = step.pack.sequences;
  switch (step.node.op) {
    case Op::Concat: {
      std::vector<at::Tensor> parts;
      for (size_t i = 0; i < step.node.inputs.size(); ++i) parts.push_back(step.in(i));
      return forward::concat(parts, step.dims(0));
    }
    case Op::Rope: return forward::rope(step.in(0), table(step), a, native_);
    case Op::Attend: return attend(step);
    case Op::Dispatch: return dispatch(step);
    case Op::CausalConv:
      return forward::causal_conv(step.in(0), weight(step, "weight"), weight(step, "bias"), sequences);
    case Op::Conv1d:
      return forward::conv1d(step.in(0), weight(step, "weight"), weight(step, "bias"), a, sequences);
    case Op::DeltaRule:
      return forward::delta_rule(step.in(0), step.in(1), step.in(2), step.in(3), step.in(4), sequences, native_);
    case Op::SsmScan:
      return forward::ssm_scan(step.in(0), step.in(1), step.in(2), step.in(3), step.in(4), step.in(5), sequences);
    case Op::Temperature: return forward::temperature(step.in(0), a.low, a.scale, sequences);
    case Op::Prepend: return forward::prepend(step.in(0), step.in(1), sequences);
    case Op::DropFirst: return forward::drop_first(step.in(0), sequences);
    default: LCR_CHECK(false, "an operation that is not run");
  }
}

at::Tensor TemplateRunner::attend(const Step& step) {
  const Attributes& a = step.node.attributes;
  at::Tensor q = step.in(0), k = step.in(1), v = step.in(2);
  const auto index = static_cast<uint32_t>(&step.node - step.owner.nodes.data());
  if (activations_) {
    auto turned = activations_->online.attentions.find({step.place.instance, index});
    if (turned != activations_->online.attentions.end()) {
      if (turned->second.queries) q = turned->second.queries(q);
      if (turned->second.keys) k = turned->second.keys(k);
    }
    auto found = activations_->attentions.find({step.place.instance, index});
    if (found != activations_->attentions.end()) {
      q = rounded(q, found->second.queries, step.pack.sequences);
      k = rounded(k, found->second.keys, step.pack.sequences);
      v = rounded(v, found->second.values, step.pack.sequences);
    }
  }
  return forward::attend(q, k, v, a.sinks ? step.in(3) : at::Tensor(), a, step.pack.sequences);
}

uint32_t TemplateRunner::module_of(const Step& step) const {
  return modules_.find(step.place.instance, step.place.id, step.node.module, step.place.expert);
}

at::Tensor TemplateRunner::weight(const Step& step, std::string_view name) {
  if (step.node.module == none_id) return {};
  const TemplateModule& declared = step.owner.modules[step.node.module];
  for (uint32_t i = 0; i < declared.tensors.size(); ++i)
    if (declared.tensors[i].name == name) return weights_.get(module_of(step), i);
  return {};
}

const forward::RotaryTable& TemplateRunner::table(const Step& step) {
  const Rotary* rotary = step.node.attributes.rotary.get();
  auto [found, fresh] = tables_.try_emplace({rotary, step.pack.sequences.lengths});
  if (fresh) {
    forward::RotaryTable made = forward::rotary_table(*rotary, step.pack.sequences);
    found->second = {made.cosine.to(at::Device(device_)), made.sine.to(at::Device(device_))};
  }
  return found->second;
}

at::Tensor TemplateRunner::embedding(const Step& step) {
  uint32_t module = module_of(step);
  // A table that a codec decodes is decoded once, others are read row by row.
  const TensorView* view = graph_.weight(graph_.modules[shared_with(graph_, module, 0).first]);
  at::Tensor ids = step.in(0);
  // On a device a table is gathered from where it is fast.
  const bool host = at::Device(device_).is_cpu();
  at::Tensor rows = host && view && view->codec == TensorView::Codec::None
                        ? weights_.rows(module, 0, ids.to(at::kCPU))
                        : weights_.get(module, 0).index_select(0, ids);
  return rows.reshape(step.shape(0));
}

std::vector<at::Tensor> TemplateRunner::linear(const Step& step) {
  at::Tensor x = step.in(0);
  const ModuleActivations* formats = nullptr;
  LinearTransforms online;
  if (activations_ != nullptr && step.place.together == nullptr) {
    const uint32_t module = module_of(step);
    auto found = activations_->modules.find(module);
    if (found != activations_->modules.end()) formats = &found->second;
    auto rotated = activations_->online.modules.find(module);
    if (rotated != activations_->online.modules.end()) online = rotated->second;
  }
  if (online.input) x = online.input(x.flatten(1));
  if (formats && formats->input) x = fake_quantize(x, *formats->input, formats->input_scales);
  at::Tensor y = step.place.together != nullptr
                     ? linear_together(step)
                     : forward::linear(x, weight(step, "weight"), weight(step, "bias"), step.owner.expert);
  if (formats && formats->output) y = fake_quantize(y, *formats->output, formats->output_scales);
  if (online.output) y = online.output(y);

  std::vector<at::Tensor> outputs;
  int64_t column = 0;
  for (size_t i = 0; i < step.node.outputs.size(); ++i) {
    int64_t width = elements_of(step.dims(i));
    outputs.push_back(y.narrow(1, column, width).reshape(step.shape(i)));
    column += width;
  }
  return outputs;
}

}  // namespace lcr
