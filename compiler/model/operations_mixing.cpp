#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/operations.h"

// Attention, routing and recurrences.
namespace lcr::elaboration {
namespace {

Term wrong_shape(OperationCall& call, std::string message) { return call.fail(codes::L7013, std::move(message)); }

std::string spelled_dims(const Value& value) { return fmt::format("[{}]", fmt::join(value.dims, ", ")); }

Mask mask_of(OperationCall& call) {
  const Term* term = call.at(3, "mask");
  if (term)
    if (auto* mask = term->as<Mask>()) return *mask;
  call.fail(codes::L7012, term ? fmt::format("wants a mask, this is {}", kind_of(*term)) : "lacks a mask");
  return {};
}

std::vector<Flow> cached(OperationCall& call) {
  const Term* term = call.named_or_null("cached");
  if (!term) return {};
  std::vector<Flow> flows;
  if (auto* list = term->as<List>())
    for (const Term& item : **list)
      if (auto* flow = item.as<Flow>()) flows.push_back(*flow);
  if (flows.size() != 2) call.fail(codes::L7012, "wants the two cached values in a list");
  return flows;
}

Term attend(OperationCall& call) {
  Flow q = call.flow(0, "q"), k = call.flow(1, "k"), v = call.flow(2, "v");
  Mask mask = mask_of(call);
  const Term* scale = call.named_or_null("scale");
  const Term* cap = call.named_or_null("softcap");
  auto sinks = call.optional_flow("sinks");
  const Compute compute = call.compute({"f32", "native"});
  const std::vector<Flow> kept = cached(call);
  if (!call.complete(false, false)) return {Poison{}};
  const Value query = call.value(q), key = call.value(k), value = call.value(v);
  if (query.dims.size() != 2 || key.dims.size() != 2 || value.dims.size() != 2 || key.dims[0] < 1 ||
      query.dims[1] != key.dims[1] || key.dims[0] != value.dims[0] || query.dims[0] % key.dims[0] != 0) {
    return wrong_shape(call, fmt::format("cannot match queries {}, keys {} and values {}", spelled_dims(query),
                                         spelled_dims(key), spelled_dims(value)));
  }
  if (key.stream != value.stream) return call.fail(codes::L7014, "has keys and values of different streams");
  std::vector<Flow> inputs{q, k, v};
  if (sinks) {
    if (call.value(*sinks).dims != Dims{query.dims[0]}) return wrong_shape(call, "wants one sink a head");
    inputs.push_back(*sinks);
  }
  Node node = call.node(Op::Attend, inputs);
  Attributes& attributes = node.attributes;
  attributes.has_scale = scale && is_number(*scale);
  attributes.scale = attributes.has_scale ? number_of(*scale) : 1.0 / std::sqrt(static_cast<double>(query.dims[1]));
  if (cap && is_number(*cap)) attributes.softcap = number_of(*cap);
  attributes.sinks = sinks.has_value();
  attributes.compute = compute;
  attributes.mask = std::move(mask);
  for (Flow flow : kept) node.cached.push_back(flow.id);
  node.attention = call.elaborator.maker().prefix;
  return call.emit(std::move(node), {query.dims[0], value.dims[1]}, query);
}

Term rope(OperationCall& call) {
  Flow x = call.flow(0, "x");
  const Term* table = call.at(1, "rot");
  const std::string pairs = call.word("pairs", {"halves", "neighbours"});
  const Compute compute = call.compute({"native", "mixed", "f32"});
  if (table && !table->is<RotaryTable>() && !table->is<Nothing>())
    call.fail(codes::L7012, fmt::format("wants a rope table, this is {}", kind_of(*table)));
  if (!call.complete(false, false)) return {Poison{}};
  if (!table || table->is<Nothing>()) return {x};
  const Value input = call.value(x);
  Node node = call.node(Op::Rope, {x});
  node.attributes.rotary = *table->as<RotaryTable>();
  node.attributes.neighbours = pairs == "neighbours";
  node.attributes.compute = compute;
  const int64_t dim = node.attributes.rotary->dim;
  if (input.dims.empty() || dim > input.dims.back() || dim % 2 != 0)
    return wrong_shape(call, fmt::format("cannot rotate {} channels of {}", dim, spelled_dims(input)));
  return call.emit(std::move(node), input.dims, input);
}

Term top_k(OperationCall& call) {
  Flow scores = call.flow(0, "scores");
  const int64_t k = call.whole(1, "k");
  auto by = call.optional_flow("by");
  const int64_t groups = call.whole("groups", 1), among = call.whole("among", groups);
  const std::string score = call.word("score", {"max", "top2"});
  const double fill = call.real("fill", -std::numeric_limits<double>::infinity());
  if (!call.complete(false, false)) return {Poison{}};
  const Value input = call.value(scores);
  if (input.dims.size() != 1 || k < 1 || k > input.dims[0])
    return wrong_shape(call, fmt::format("cannot choose {} of {}", k, spelled_dims(input)));
  if (groups < 1 || input.dims[0] % groups != 0 || among < 1 || among > groups)
    return wrong_shape(call, fmt::format("cannot keep {} of {} groups of {}", among, groups, spelled_dims(input)));
  std::vector<Flow> inputs{scores};
  if (by) inputs.push_back(*by);
  Node node = call.node(Op::TopK, inputs);
  node.attributes.k = k;
  node.attributes.groups = groups;
  node.attributes.among = among;
  node.attributes.score_top2 = score == "top2";
  node.attributes.fill = fill;
  Value routing = input;
  routing.routing = true;
  return call.emit(std::move(node), {k}, routing);
}

Term delta_rule(OperationCall& call) {
  Flow q = call.flow(0, "q"), k = call.flow(1, "k"), v = call.flow(2, "v"), decay = call.flow(3, "decay"),
       beta = call.flow(4, "beta");
  if (!call.complete(false, false)) return {Poison{}};
  const Value query = call.value(q), key = call.value(k), value = call.value(v);
  if (query.dims.size() != 2 || key.dims != query.dims || value.dims.size() != 2 || query.dims[0] < 1 ||
      value.dims[0] % query.dims[0] != 0 || call.value(decay).dims != Dims{value.dims[0]} ||
      call.value(beta).dims != Dims{value.dims[0]}) {
    return wrong_shape(call, fmt::format("cannot match queries {}, keys {} and values {}", spelled_dims(query),
                                         spelled_dims(key), spelled_dims(value)));
  }
  return call.emit(call.node(Op::DeltaRule, {q, k, v, decay, beta}), value.dims, value);
}

Term ssm_scan(OperationCall& call) {
  Flow x = call.flow(0, "x"), dt = call.flow(1, "dt"), a = call.flow(2, "a"), b = call.flow(3, "b"),
       c = call.flow(4, "c"), d = call.flow(5, "d");
  if (!call.complete(false, false)) return {Poison{}};
  const Value input = call.value(x);
  const Dims state = call.value(b).dims;
  if (input.dims.size() != 2 || state.size() != 2 || state != call.value(c).dims || state[0] < 1 ||
      input.dims[0] % state[0] != 0) {
    return wrong_shape(call, fmt::format("cannot match inputs {} and states [{}]", spelled_dims(input),
                                         fmt::join(state, ", ")));
  }
  for (Flow each : {dt, a, d})
    if (call.value(each).dims != Dims{input.dims[0]})
      return wrong_shape(call, "wants dt, a and d with one entry a head");
  return call.emit(call.node(Op::SsmScan, {x, dt, a, b, c, d}), input.dims, input);
}

Term temperature(OperationCall& call) {
  Flow q = call.flow(0, "q");
  Node node = call.node(Op::Temperature, {q});
  node.attributes.low = call.real("floor", 0);
  node.attributes.scale = call.real("scale", 0);
  if (!call.complete(false, false)) return {Poison{}};
  const Value input = call.value(q);
  return call.emit(std::move(node), input.dims, input);
}

}  // namespace

const OperationTable& mixing_operations() {
  static const OperationTable table{
      {"attend", attend},         {"rope", rope},         {"top_k", top_k},
      {"delta_rule", delta_rule}, {"ssm_scan", ssm_scan}, {"temperature", temperature},
  };
  return table;
}

}  // namespace lcr::elaboration
