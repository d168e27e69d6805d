#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/operations.h"

// Operations that move values without computing: within a row, and between streams.
namespace lcr::elaboration {
namespace {

Term view(OperationCall& call) {
  Flow x = call.flow(0, "x");
  Dims dims = call.wholes(1, "dims");
  if (!call.complete(false, false)) return {Poison{}};
  const Value input = call.value(x);
  if (elements_of(dims) != elements_of(input.dims)) {
    return call.fail(codes::L7013, fmt::format("cannot read [{}] as [{}]", fmt::join(input.dims, ", "),
                                              fmt::join(dims, ", ")));
  }
  return call.emit(call.node(Op::View, {x}), std::move(dims), input);
}

Term split(OperationCall& call) {
  Flow x = call.flow(0, "x");
  std::vector<int64_t> sizes = call.wholes(1, "sizes");
  if (!call.complete(false, false)) return {Poison{}};
  const Value input = call.value(x);
  if (input.dims.empty() || std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) != input.dims.back()) {
    return call.fail(codes::L7013, fmt::format("cannot cut the last of [{}] into [{}]", fmt::join(input.dims, ", "),
                                              fmt::join(sizes, ", ")));
  }
  std::vector<Value> outputs;
  for (int64_t size : sizes) {
    outputs.push_back(input);
    outputs.back().dims.back() = size;
  }
  Node node = call.node(Op::Split, {x});
  node.attributes.sizes = std::move(sizes);
  std::vector<Term> flows;
  for (Flow flow : call.elaborator.emit(std::move(node), std::move(outputs))) flows.push_back({flow});
  return list_of(std::move(flows));
}

Term every(OperationCall& call) {
  Flow x = call.flow(0, "x");
  const int64_t step = call.whole(1, "step"), start = call.whole(2, "start");
  if (!call.complete(false, false)) return {Poison{}};
  const Value input = call.value(x);
  if (input.dims.empty() || step < 1 || start >= step || input.dims.back() % step != 0)
    return call.fail(codes::L7013, fmt::format("cannot take every {} of [{}]", step, fmt::join(input.dims, ", ")));
  Node node = call.node(Op::Every, {x});
  node.attributes.step = step;
  node.attributes.start = start;
  Dims dims = input.dims;
  dims.back() /= step;
  return call.emit(std::move(node), std::move(dims), input);
}

// Along the last dimension; an operand with a single head is repeated for all heads.
Term concat(OperationCall& call) {
  std::vector<Flow> inputs;
  for (size_t i = 0; i < std::max<size_t>(call.positional.size(), 1); ++i) inputs.push_back(call.flow(i, "x"));
  if (!call.complete(false, false)) return {Poison{}};
  Value result = call.value(inputs[0]);
  int64_t width = 0;
  for (Flow flow : inputs) {
    const Value& each = call.value(flow);
    if (each.dims.empty() || each.dims.size() != result.dims.size())
      return call.fail(codes::L7013, "wants values with the same number of dimensions");
    if (each.stream != result.stream) return call.fail(codes::L7014, "joins values of different streams");
    width += each.dims.back();
    for (size_t i = 0; i + 1 < each.dims.size(); ++i) {
      int64_t& extent = result.dims[i];
      if (extent != each.dims[i] && extent != 1 && each.dims[i] != 1)
        return call.fail(codes::L7013, fmt::format("cannot join {} heads with {}", extent, each.dims[i]));
      extent = std::max(extent, each.dims[i]);
    }
  }
  result.dims.back() = width;
  return call.emit(call.node(Op::Concat, inputs), result.dims, result);
}

std::string rows_of(OperationCall& call, const Value& value) { return call.elaborator.streams()[value.stream]; }

Term prepend(OperationCall& call) {
  Flow x = call.flow(0, "x"), first = call.flow(1, "first");
  if (!call.complete(false, false)) return {Poison{}};
  Value input = call.value(x);
  if (call.value(first).dims != input.dims) return call.fail(codes::L7013, "puts a row of another width first");
  input.stream = call.elaborator.stream(rows_of(call, input) + "+1");
  return call.emit(call.node(Op::Prepend, {x, first}), input.dims, input);
}

Term drop_first(OperationCall& call) {
  Flow x = call.flow(0, "x");
  if (!call.complete(false, false)) return {Poison{}};
  Value input = call.value(x);
  std::string rows = rows_of(call, input);
  if (!rows.ends_with("+1")) return call.fail(codes::L7014, "drops a row that nothing has put first");
  rows.resize(rows.size() - 2);
  input.stream = call.elaborator.stream(rows);
  return call.emit(call.node(Op::DropFirst, {x}), input.dims, input);
}

Term merge_patches(OperationCall& call) {
  Flow x = call.flow(0, "x");
  const int64_t n = call.whole(1, "n");
  const bool channel_major = call.word("order", {"token", "channel"}) == "channel";
  if (!call.complete(false, false)) return {Poison{}};
  Value input = call.value(x);
  if (input.dims.size() != 1) return call.fail(codes::L7013, "wants one feature dimension");
  Node node = call.node(Op::MergePatches, {x});
  node.attributes.patch = n;
  node.attributes.channel_major = channel_major;
  const int64_t width = input.dims[0] * n * n;
  input.stream = call.elaborator.stream(rows_of(call, input) + "/m");
  return call.emit(std::move(node), {width}, input);
}

Term pool_patches(OperationCall& call) {
  Flow x = call.flow(0, "x");
  const int64_t n = call.whole(1, "n");
  if (!call.complete(false, false)) return {Poison{}};
  Value input = call.value(x);
  Node node = call.node(Op::PoolPatches, {x});
  node.attributes.patch = n;
  input.stream = call.elaborator.stream(rows_of(call, input) + "/p");
  return call.emit(std::move(node), input.dims, input);
}

Term scatter(OperationCall& call) {
  Flow x = call.flow(0, "x"), rows = call.flow(1, "rows"), ids = call.flow(2, "ids");
  Node node = call.node(Op::Scatter, {x, rows, ids});
  node.attributes.id = call.whole(3, "id");
  node.attributes.add = call.truth("add", false);
  if (!call.complete(false, false)) return {Poison{}};
  const Value input = call.value(x);
  if (call.value(rows).dims != input.dims) {
    return call.fail(codes::L7013, fmt::format("puts rows of [{}] into rows of [{}]",
                                              fmt::join(call.value(rows).dims, ", "), fmt::join(input.dims, ", ")));
  }
  if (call.value(ids).stream != input.stream) return call.fail(codes::L7014, "has ids of another stream");
  return call.emit(std::move(node), input.dims, input);
}

}  // namespace

const OperationTable& shape_operations() {
  static const OperationTable table{
      {"view", view},       {"split", split},           {"every", every},
      {"concat", concat},   {"prepend", prepend},       {"drop_first", drop_first},
      {"scatter", scatter}, {"merge_patches", merge_patches}, {"pool_patches", pool_patches},
  };
  return table;
}

}  // namespace lcr::elaboration
