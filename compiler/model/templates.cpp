#include <fmt/format.h>

#include <algorithm>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/elaborator.h"
#include "compiler/model/operations.h"

// Layers that are alike are expanded once: a call is told apart by its block, its constant arguments, the types of its
// values and the roles around it.
namespace lcr::elaboration {
namespace {

// The distinct values of the caller among some terms, in order of appearance.
struct Inputs {
  std::vector<Flow> flows;

  size_t number(const Flow& flow) {
    for (size_t i = 0; i < flows.size(); ++i)
      if (flows[i].id == flow.id) return i;
    flows.push_back(flow);
    return flows.size() - 1;
  }
};

void write_mask(const Mask& mask, std::string& key) {
  key += fmt::format("m{}:{}(", static_cast<int>(mask.kind), mask.size);
  for (const Mask& operand : mask.operands) write_mask(operand, key);
  key += ')';
}

void write_key(const Elaborator& elaborator, const Term& term, Inputs& inputs, std::string& key) {
  key += fmt::format("{}:", term.value.index());
  if (auto* flow = term.as<Flow>()) {
    const Value& value = elaborator.value(*flow);
    key += fmt::format("{}[{}]{}{}{}", inputs.number(*flow), fmt::join(value.dims, ","), value.stream,
                       value.constant ? "c" : "", value.routing ? "r" : "");
  } else if (auto* list = term.as<List>()) {
    for (const Term& item : **list) write_key(elaborator, item, inputs, key);
  } else if (auto* table = term.as<Table>()) {
    for (const auto& [number, item] : **table) {
      key += fmt::format("{}=", number);
      write_key(elaborator, item, inputs, key);
    }
  } else if (auto* mask = term.as<Mask>()) {
    write_mask(*mask, key);
  } else if (auto* rotary = term.as<RotaryTable>()) {
    key += fmt::format("{}", static_cast<const void*>(rotary->get()));
  } else if (auto* object = term.as<Object>()) {
    key += object->path;
  } else {
    key += spelled(term);
  }
  key += ';';
}

// The term with every value replaced by what stands for it in another template.
Term translated(const Term& term, const std::vector<Flow>& from, const std::vector<Flow>& to) {
  if (auto* flow = term.as<Flow>()) {
    for (size_t i = 0; i < from.size(); ++i)
      if (from[i].id == flow->id && from[i].maker == flow->maker) return {to[i]};
    return {Poison{}};
  }
  if (auto* list = term.as<List>()) {
    std::vector<Term> items;
    for (const Term& item : **list) items.push_back(translated(item, from, to));
    return list_of(std::move(items));
  }
  if (auto* table = term.as<Table>()) {
    auto copy = std::make_shared<std::map<int64_t, Term>>();
    for (const auto& [number, item] : **table) (*copy)[number] = translated(item, from, to);
    return {Table(std::move(copy))};
  }
  return term;
}

void collect(const Term& term, std::vector<Flow>& flows) {
  if (auto* flow = term.as<Flow>()) {
    for (const Flow& known : flows)
      if (known.id == flow->id) return;
    flows.push_back(*flow);
  } else if (auto* list = term.as<List>()) {
    for (const Term& item : **list) collect(item, flows);
  }
}

constexpr Role towers = Role::Vision | Role::Audio | Role::Projector | Role::Mtp;

// Up to and with the part that holds the expert's number: "mlp.experts.{}" of "mlp.experts.{}.up_proj".
std::string_view expert_prefix(std::string_view path) {
  const size_t number = path.find("{}");
  return number == std::string_view::npos ? std::string_view() : path.substr(0, path.find('.', number));
}

// Takes the common front of the experts' paths off; it moves to the dispatch's own path.
std::string take_expert_prefix(Template& expert) {
  if (expert.modules.empty()) return {};
  const std::string prefix(expert_prefix(expert.modules[0].path));
  for (const TemplateModule& module : expert.modules)
    if (expert_prefix(module.path) != prefix) return {};
  for (TemplateModule& module : expert.modules) {
    const bool whole = module.path.size() == prefix.size();
    module.path = whole ? std::string() : module.path.substr(prefix.size() + 1);
  }
  return prefix;
}

}  // namespace

Term Elaborator::call_layer(const syntax::Graph& graph, const Description::Block& block, const std::string& path,
                            Frame& inner) {
  Inputs inputs;
  std::string key = fmt::format("{}:{}:{}:", static_cast<const void*>(block.block),
                                static_cast<const void*>(&inner.scope), static_cast<uint32_t>(written_));
  key += unused_ ? "unused:" : "";
  for (const syntax::Parameter& parameter : block.block->parameters)
    write_key(*this, *inner.locals.find(parameter.name.text), inputs, key);

  auto [found, added] = layers_.emplace(key, static_cast<TemplateId>(makers_.size()));
  const TemplateId layer = found->second;
  if (added) {
    makers_.push_back(std::make_unique<Maker>());
    Maker& made = *makers_.back();
    made.result.name = block.block->name.text;
    made.result.decoder = (static_cast<uint32_t>(written_) & static_cast<uint32_t>(towers)) == 0;
    std::vector<Flow> own;
    for (const Flow& flow : inputs.flows) {
      Value copy = value(flow);
      copy.node = none_id;
      own.push_back({layer, static_cast<ValueId>(made.result.values.size())});
      made.result.values.push_back(std::move(copy));
      made.result.inputs.push_back(own.back().id);
    }
    Locals locals = inner.locals;
    for (const syntax::Parameter& parameter : block.block->parameters)
      locals.set(parameter.name.text, translated(*inner.locals.find(parameter.name.text), inputs.flows, own));
    Frame frame{locals, inner.scope};
    const uint32_t outer = std::exchange(current_, layer);
    made.outcome = expand(block, std::nullopt, frame);
    current_ = outer;
    std::vector<Flow> outputs;
    collect(made.outcome, outputs);
    for (const Flow& flow : outputs) made.result.outputs.push_back(flow.id);
  }
  const Maker& made = *makers_[layer];
  if (made.outcome.is<Poison>()) return {Poison{}};
  Node node;
  node.op = Op::Call;
  node.callee = layer;
  node.path = joined_path(maker().prefix, path);
  node.layer = layer_;
  node.span = graph.span;
  for (const Flow& flow : inputs.flows) node.inputs.push_back(flow.id);
  std::vector<Value> outputs;
  std::vector<Flow> from;
  for (ValueId id : made.result.outputs) {
    outputs.push_back(made.result.values[id]);
    from.push_back({layer, id});
  }
  return translated(made.outcome, from, emit(std::move(node), std::move(outputs)));
}

Term Elaborator::dispatch(const syntax::Graph& graph, Frame& frame) {
  if (in_expert_ || graph.over.empty())
    return fail(codes::L7020, graph.span,
                in_expert_ ? "a dispatch stands inside of another" : "`dispatch` lacks its `over … in …`");
  OperationCall call{*this, graph};
  for (const syntax::GraphArgument& argument : graph.arguments) {
    Term term = evaluate(argument.value[0], frame);
    if (term.is<Poison>()) return term;
    if (argument.name) call.named.emplace_back(&*argument.name, std::move(term));
    else call.positional.push_back(std::move(term));
  }
  const Flow x = call.flow(0, "x"), routing = call.flow(1, "routing");
  Node node = call.node(Op::Dispatch, {x, routing});
  node.attributes.scale_input = call.word("scale", {"output", "input"}) == "input";
  node.attributes.compute = call.compute({"native", "f32"});
  if (!call.complete(false, false)) return {Poison{}};
  if (!value(routing).routing) return call.fail(codes::L7012, "wants what `top_k` gives as its routing");
  const syntax::Over& over = graph.over[0];
  auto low = whole(over.bounds[0], frame, "a bound"), high = whole(over.bounds[1], frame, "a bound");
  if (!low || !high) return {Poison{}};
  if (*low != 0 || *high < 1) return call.fail(codes::L7020, "counts its experts from 0, at least one");
  node.attributes.experts = *high;

  const Value rows = value(x);
  node.callee = static_cast<TemplateId>(makers_.size());
  makers_.push_back(std::make_unique<Maker>());
  Maker& made = *makers_.back();
  made.result.name = over.variable.text;
  made.result.expert = true;
  made.result.decoder = maker().result.decoder;
  made.prefix = maker().prefix;
  Value routed = rows;
  routed.node = none_id;
  routed.stream = stream(streams_[rows.stream] + "@e");
  made.result.values.push_back(routed);
  made.result.inputs.push_back(0);
  Locals locals = frame.locals;
  locals.set("_", {Flow{node.callee, 0}});
  locals.set(over.variable.text, {ExpertNumber{}});
  Frame inner{locals, frame.scope};
  const uint32_t outer = std::exchange(current_, node.callee);
  in_expert_ = true;
  made.outcome = run_bare(over.body[0], inner);
  in_expert_ = false;
  current_ = outer;
  auto* result = made.outcome.as<Flow>();
  if (!result) {
    if (!made.outcome.is<Poison>()) call.fail(codes::L7012, "wants experts that give one value of the dataflow");
    return {Poison{}};
  }
  made.result.outputs.push_back(result->id);
  for (const TemplateModule& module : made.result.modules) {
    if (module.path.find("{}") == std::string::npos)
      return call.fail(codes::L7020, fmt::format("has no number of the expert in the path `{}`", module.path));
  }
  node.path = take_expert_prefix(made.result);
  const Dims dims = made.result.values[result->id].dims;
  return call.emit(std::move(node), dims, rows);
}

}  // namespace lcr::elaboration
