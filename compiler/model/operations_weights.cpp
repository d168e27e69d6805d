#include <fmt/format.h>

#include <numeric>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/operations.h"

// Operations that own weights.
namespace lcr::elaboration {
namespace {

// Whether one operand has a stream: its values are rows.
bool rows(OperationCall& call, Flow x) {
  if (call.failed || !call.value(x).constant) return !call.failed;
  call.fail(codes::L7014, "reads a parameter where a stream of rows is needed");
  return false;
}

Term finish(OperationCall& call, Node node, TemplateModule module, std::vector<Value> outputs) {
  node.module = call.elaborator.own(*call.path, std::move(module), call.graph.span);
  if (node.module == none_id) return {Poison{}};
  std::vector<Term> flows;
  for (Flow flow : call.elaborator.emit(std::move(node), std::move(outputs))) flows.push_back({flow});
  return call.several ? list_of(std::move(flows)) : flows.front();
}

Value of(Dims dims, uint16_t stream) {
  Value value;
  value.dims = std::move(dims);
  value.stream = stream;
  return value;
}

Term linear(OperationCall& call) {
  Flow x = call.flow(0, "x");
  const bool bias = call.truth("bias", false);
  if (call.outputs.empty()) call.fail(codes::L7013, "lacks a shape behind `->`");
  if (!call.complete(true, true) || !rows(call, x)) return {Poison{}};
  const Value& input = call.value(x);
  TemplateModule module;
  module.kind = ModuleKind::Linear;
  module.in = elements_of(input.dims);
  std::vector<Value> outputs;
  for (const Dims& dims : call.outputs) {
    module.outputs.push_back(elements_of(dims));
    module.out += module.outputs.back();
    outputs.push_back(of(dims, input.stream));
  }
  module.tensors.push_back({"weight", {module.out, module.in}});
  if (bias) module.tensors.push_back({"bias", {module.out}});
  Node node = call.node(Op::Linear, {x});
  node.attributes.bias = bias;
  return finish(call, std::move(node), std::move(module), std::move(outputs));
}

Term table(OperationCall& call, Op op, ModuleKind kind) {
  Flow x = call.flow(0, "x");
  const int64_t count = call.whole(~size_t{0}, "rows");
  const bool bilinear = op == Op::LearnedPositions && call.word("grid", {"none", "bilinear"}) == "bilinear";
  const Dims& dims = call.output();
  if (!call.complete(true, true) || !rows(call, x)) return {Poison{}};
  TemplateModule module;
  module.kind = kind;
  module.out = count;
  module.in = elements_of(dims);
  module.tensors.push_back({"weight", {count}});
  module.tensors[0].shape.insert(module.tensors[0].shape.end(), dims.begin(), dims.end());
  Node node = call.node(op, {x});
  node.attributes.bilinear = bilinear;
  const uint16_t stream = call.value(x).stream;
  return finish(call, std::move(node), std::move(module), {of(dims, stream)});
}

Term embedding(OperationCall& call) { return table(call, Op::Embedding, ModuleKind::Embedding); }
Term learned_positions(OperationCall& call) { return table(call, Op::LearnedPositions, ModuleKind::Positions); }

Term parameter(OperationCall& call) {
  const Dims& dims = call.output();
  if (!call.complete(true, true)) return {Poison{}};
  TemplateModule module;
  module.kind = ModuleKind::Parameter;
  module.tensors.push_back({"", dims});
  Value value = of(dims, 0);
  value.constant = true;
  return finish(call, call.node(Op::Parameter, {}), std::move(module), {std::move(value)});
}

// The shape of a norm's weight: `weight = 128` or `weight = [heads, head_dim]`; the last dimension by default.
Dims norm_weight(OperationCall& call, const Dims& input) {
  const Term* given = call.named_or_null("weight");
  if (!given) return {input.empty() ? 1 : input.back()};
  if (auto number = whole_of(*given)) return {*number};
  Dims dims;
  if (auto* list = given->as<List>()) {
    for (const Term& item : **list)
      if (auto extent = whole_of(item)) dims.push_back(*extent);
  }
  Dims tail;
  if (dims.size() <= input.size()) tail.assign(input.end() - static_cast<ptrdiff_t>(dims.size()), input.end());
  if (dims.empty() || dims != tail) call.fail(codes::L7013, "has a weight that does not fit its input");
  return dims;
}

Term norm(OperationCall& call, Op op) {
  Flow x = call.flow(0, "x");
  if (call.failed) return {Poison{}};
  const Value input = call.value(x);
  Node node = call.node(op, {x});
  node.attributes.eps = call.real("eps", 1e-6);
  TemplateModule module;
  module.kind = ModuleKind::Norm;
  const Dims weight = norm_weight(call, input.dims);
  module.tensors.push_back({"weight", weight});
  if (op == Op::LayerNorm) {
    node.attributes.bias = call.truth("bias", true);
    if (node.attributes.bias) module.tensors.push_back({"bias", weight});
  } else {
    node.attributes.offset = call.real("offset", 0);
    node.attributes.groups = call.whole("groups", 1);
    node.attributes.compute = call.compute({"native", "f32"});
    if (node.attributes.groups < 1 || (!input.dims.empty() && input.dims.back() % node.attributes.groups != 0))
      call.fail(codes::L7013,
                fmt::format("cannot cut {} channels into {} groups", input.dims.back(), node.attributes.groups));
  }
  if (!call.complete(true, false) || !rows(call, x)) return {Poison{}};
  module.out = module.in = elements_of(weight);
  return finish(call, std::move(node), std::move(module), {of(input.dims, input.stream)});
}

Term rms_norm(OperationCall& call) { return norm(call, Op::RmsNorm); }
Term layer_norm(OperationCall& call) { return norm(call, Op::LayerNorm); }

TemplateModule convolution(Dims weight, bool bias) {
  TemplateModule module;
  module.kind = ModuleKind::Conv;
  module.out = weight[0];
  module.in = elements_of(weight) / std::max<int64_t>(weight[0], 1);
  if (bias) module.tensors.push_back({"bias", {weight[0]}});
  module.tensors.insert(module.tensors.begin(), {"weight", std::move(weight)});
  return module;
}

Term causal_conv(OperationCall& call) {
  Flow x = call.flow(0, "x");
  const int64_t width = call.whole(1, "width");
  const bool bias = call.truth("bias", false);
  if (!call.complete(true, false) || !rows(call, x)) return {Poison{}};
  const Value input = call.value(x);
  if (input.dims.size() != 1) return call.fail(codes::L7013, "wants one feature dimension");
  Node node = call.node(Op::CausalConv, {x});
  node.attributes.width = width;
  node.attributes.bias = bias;
  return finish(call, std::move(node), convolution({input.dims[0], 1, width}, bias), {of(input.dims, input.stream)});
}

Term conv1d(OperationCall& call) {
  Flow x = call.flow(0, "x");
  const int64_t width = call.whole("width", 1), pad = call.whole("pad", 0), stride = call.whole("stride", 1);
  const bool bias = call.truth("bias", true);
  const Dims dims = call.output();
  if (!call.complete(true, true) || !rows(call, x)) return {Poison{}};
  const Value input = call.value(x);
  if (input.dims.size() != 1 || dims.size() != 1) return call.fail(codes::L7013, "wants one feature dimension");
  Node node = call.node(Op::Conv1d, {x});
  node.attributes.width = width;
  node.attributes.pad = pad;
  node.attributes.stride = stride;
  node.attributes.bias = bias;
  // A stride makes another stream: fewer rows.
  const std::string& rows_name = call.elaborator.streams()[input.stream];
  const uint16_t stream =
      stride == 1 ? input.stream : call.elaborator.stream(fmt::format("{}/{}", rows_name, stride));
  return finish(call, std::move(node), convolution({dims[0], input.dims[0], width}, bias), {of(dims, stream)});
}

Term patch_embedding(OperationCall& call) {
  Flow x = call.flow(0, "pixels");
  const bool bias = call.truth("bias", false);
  const Dims dims = call.output();
  if (!call.complete(true, true) || !rows(call, x)) return {Poison{}};
  const Value input = call.value(x);
  if (dims.size() != 1) return call.fail(codes::L7013, "makes one feature dimension");
  Dims weight{dims[0]};
  weight.insert(weight.end(), input.dims.begin(), input.dims.end());
  Node node = call.node(Op::PatchEmbedding, {x});
  node.attributes.bias = bias;
  return finish(call, std::move(node), convolution(std::move(weight), bias), {of(dims, input.stream)});
}

}  // namespace

const OperationTable& weight_operations() {
  static const OperationTable table{
      {"linear", linear},         {"embedding", embedding},     {"learned_positions", learned_positions},
      {"parameter", parameter},   {"rms_norm", rms_norm},       {"layer_norm", layer_norm},
      {"causal_conv", causal_conv}, {"conv1d", conv1d},         {"patch_embedding", patch_embedding},
  };
  return table;
}

}  // namespace lcr::elaboration
