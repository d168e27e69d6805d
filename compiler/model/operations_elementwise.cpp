#include <fmt/format.h>

#include <algorithm>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/operations.h"
#include "compiler/model/words.h"

// Operations on every element, and sums along a row.
namespace lcr::elaboration {
namespace {

Term same_shape(OperationCall& call, Node node, Flow x) {
  if (!call.complete(false, false)) return {Poison{}};
  const Value input = call.value(x);
  return call.emit(std::move(node), input.dims, input);
}

Term plain(OperationCall& call, Op op) {
  Flow x = call.flow(0, "x");
  return same_shape(call, call.node(op, {x}), x);
}

Term activation(OperationCall& call, Activation function) {
  Flow x = call.flow(0, "x");
  Node node = call.node(Op::Activate, {x});
  node.attributes.activation = function;
  return same_shape(call, std::move(node), x);
}

Term activate(OperationCall& call) {
  Flow x = call.flow(0, "x");
  const Term* term = call.at(1, "function");
  auto* name = term ? term->as<std::string>() : nullptr;
  auto function = name ? activation_of(*name) : std::nullopt;
  if (!function) {
    call.fail(codes::L7012,
              term ? fmt::format("knows no activation {}", spelled(*term)) : "lacks the name of the activation");
    return {Poison{}};
  }
  Node node = call.node(Op::Activate, {x});
  node.attributes.activation = *function;
  return same_shape(call, std::move(node), x);
}

// `native(c)` of a number stays a constant.
Term native(OperationCall& call) {
  if (!call.positional.empty() && is_number(call.positional[0])) {
    const double number = number_of(call.positional[0]);
    call.read = 1;
    return call.complete(false, false) ? Term{NativeNumber{number}} : Term{Poison{}};
  }
  return plain(call, Op::Native);
}

Term clamp(OperationCall& call) {
  Flow x = call.flow(0, "x");
  Node node = call.node(Op::Clamp, {x});
  if (const Term* low = call.named_or_null("lo"); low && is_number(*low)) {
    node.attributes.has_low = true;
    node.attributes.low = number_of(*low);
  }
  if (const Term* high = call.named_or_null("hi"); high && is_number(*high)) {
    node.attributes.has_high = true;
    node.attributes.high = number_of(*high);
  }
  return same_shape(call, std::move(node), x);
}

// Without a cap (`none`) the value itself.
Term softcap(OperationCall& call) {
  Flow x = call.flow(0, "x");
  const Term* cap = call.at(1, "cap");
  if (!cap || (!is_number(*cap) && !cap->is<Nothing>())) call.fail(codes::L7012, "wants a number as `cap`");
  if (!call.complete(false, false)) return {Poison{}};
  if (cap->is<Nothing>()) return {x};
  Node node = call.node(Op::Softcap, {x});
  node.attributes.constant = number_of(*cap);
  return same_shape(call, std::move(node), x);
}

Term with_eps(OperationCall& call, Op op, double otherwise) {
  Flow x = call.flow(0, "x");
  Node node = call.node(op, {x});
  node.attributes.eps = call.real("eps", otherwise);
  return same_shape(call, std::move(node), x);
}

Op arithmetic(char operation) {
  return operation == '+' ? Op::Add : operation == '-' ? Op::Subtract : operation == '*' ? Op::Multiply : Op::Divide;
}

// The shape of two values side by side, aligned at the last dimension.
std::optional<Dims> broadcast(const Dims& a, const Dims& b) {
  Dims dims(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < dims.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    dims[dims.size() - 1 - i] = std::max(x, y);
  }
  return dims;
}

}  // namespace

Term Elaborator::combine_flows(const syntax::Graph& graph, const Term& a, const Term& b) {
  Node node;
  node.span = graph.span;
  const bool arithmetical =
      graph.text.size() == 1 && std::string_view("+-*/").find(graph.text) != std::string_view::npos;
  auto refuse = [&] {
    return fail(codes::L7017, graph.span,
                fmt::format("`{}` has no meaning for {} and {}", graph.text, kind_of(a), kind_of(b)));
  };
  if (!arithmetical) return refuse();
  node.op = arithmetic(graph.text[0]);
  for (const Term* term : {&a, &b}) {
    auto* flow = term->as<Flow>();
    if (flow && flow->maker != current_) {
      return fail(codes::L7020, graph.span, "this reads a value from outside of the dispatch",
                  {"inside of a dispatch only `_` is a value of the dataflow"});
    }
  }
  if (auto *x = a.as<Flow>(), *y = b.as<Flow>(); x && y) {
    const Value left = value(*x), right = value(*y);
    if (!left.constant && !right.constant && left.stream != right.stream) {
      return fail(codes::L7014, graph.span, fmt::format("`{}` meets values of the streams `{}` and `{}`", graph.text,
                                                       streams_[left.stream], streams_[right.stream]));
    }
    auto dims = broadcast(left.dims, right.dims);
    if (!dims) {
      return fail(codes::L7013, graph.span, fmt::format("`{}` cannot match [{}] and [{}]", graph.text,
                                                       fmt::join(left.dims, ", "), fmt::join(right.dims, ", ")));
    }
    node.inputs = {x->id, y->id};
    Value result = left.constant ? right : left;
    result.routing = left.routing || right.routing;
    result.dims = std::move(*dims);
    return {emit(std::move(node), {std::move(result)})[0]};
  }
  const Flow flow = a.is<Flow>() ? *a.as<Flow>() : *b.as<Flow>();
  const Term& constant = a.is<Flow>() ? b : a;
  auto* native = constant.as<NativeNumber>();
  if (!native && !is_number(constant)) return refuse();
  node.inputs = {flow.id};
  node.attributes.constant = native ? native->value : number_of(constant);
  node.attributes.constant_native = native != nullptr;
  node.attributes.constant_left = !a.is<Flow>();
  return {emit(std::move(node), {value(flow)})[0]};
}

const OperationTable& elementwise_operations() {
  static const OperationTable table{
      {"activate", activate},
      {"silu", [](OperationCall& call) { return activation(call, Activation::Silu); }},
      {"gelu", [](OperationCall& call) { return activation(call, Activation::Gelu); }},
      {"gelu_tanh", [](OperationCall& call) { return activation(call, Activation::GeluTanh); }},
      {"quick_gelu", [](OperationCall& call) { return activation(call, Activation::QuickGelu); }},
      {"relu", [](OperationCall& call) { return activation(call, Activation::Relu); }},
      {"relu2", [](OperationCall& call) { return activation(call, Activation::Relu2); }},
      {"sigmoid", [](OperationCall& call) { return activation(call, Activation::Sigmoid); }},
      {"tanh", [](OperationCall& call) { return activation(call, Activation::Tanh); }},
      {"softplus", [](OperationCall& call) { return activation(call, Activation::Softplus); }},
      {"exp", [](OperationCall& call) { return activation(call, Activation::Exp); }},
      {"f32", [](OperationCall& call) { return plain(call, Op::F32); }},
      {"native", native},
      {"softmax", [](OperationCall& call) { return plain(call, Op::Softmax); }},
      {"log1p", [](OperationCall& call) { return plain(call, Op::Log1p); }},
      {"clamp", clamp},
      {"softcap", softcap},
      {"normalize", [](OperationCall& call) { return with_eps(call, Op::Normalize, 0); }},
      {"unit_rms", [](OperationCall& call) { return with_eps(call, Op::UnitRms, 1e-6); }},
      {"l2_norm", [](OperationCall& call) { return with_eps(call, Op::L2Norm, 1e-6); }},
  };
  return table;
}

}  // namespace lcr::elaboration
