#include <fmt/format.h>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/elaborator.h"
#include "compiler/model/operations.h"

namespace lcr::elaboration {
namespace {

using syntax::Graph;

// Sets a member for a scope of code.
template <class T>
class During {
 public:
  During(T& variable, T value) : variable_(variable), outer_(std::move(variable)) { variable_ = std::move(value); }
  ~During() { variable_ = std::move(outer_); }
  During(const During&) = delete;
  During& operator=(const During&) = delete;

 private:
  T& variable_;
  T outer_;
};

// Whether an argument is of the kind that a parameter's type names.
bool fits(std::string_view type, const Term& term) {
  if (type == "int") return whole_of(term).has_value();
  if (type == "real") return is_number(term) || term.is<Nothing>();
  if (type == "bool") return term.is<bool>();
  if (type == "text") return term.is<std::string>();
  if (type == "mask") return term.is<Mask>() || term.is<Nothing>();
  if (type == "rotary") return term.is<RotaryTable>() || term.is<Nothing>();
  if (type == "list") return term.is<List>();
  return false;
}

}  // namespace

Term Elaborator::call(const Graph& graph, Frame& frame) {
  if (graph.kind == Graph::Kind::Member) {
    Term base = evaluate(graph.operands[0], frame);
    if (base.is<Poison>()) return base;
    auto* part = base.as<PartOf>();
    if (!part) return fail(codes::L7017, graph.span, fmt::format("{} has no blocks", kind_of(base)));
    const auto& blocks = part->scope->description->blocks;
    auto found = blocks.find(graph.text);
    if (found != blocks.end()) return call_block(graph, found->second, *part->scope, frame);
    return fail(codes::L7011, graph.span,
                fmt::format("`{}` has no block `{}`", part->scope->description->name, graph.text));
  }
  const auto& blocks = frame.scope.description->blocks;
  if (auto found = blocks.find(graph.text); found != blocks.end() && !frame.config)
    return call_block(graph, found->second, frame.scope, frame);
  if (graph.text == "dispatch") return dispatch(graph, frame);
  if (find_operation(graph.text)) return call_operation(graph, frame);
  std::vector<std::string> known = operation_names(), helps;
  for (const auto& [name, block] : blocks) known.push_back(name);
  if (auto near = nearest(graph.text, known); !near.empty()) helps.push_back(fmt::format("did you mean `{}`", near));
  return fail(codes::L7011, graph.span, fmt::format("`{}` is no operation and no block", graph.text), helps);
}

Term Elaborator::call_operation(const Graph& graph, Frame& frame) {
  OperationCall call{*this, graph};
  for (const syntax::GraphArgument& argument : graph.arguments) {
    Term term = evaluate(argument.value[0], frame);
    if (term.is<Poison>()) return term;
    if (argument.name) call.named.emplace_back(&*argument.name, std::move(term));
    else call.positional.push_back(std::move(term));
  }
  if (graph.path) {
    call.path = path_text(*graph.path, frame);
    if (!call.path) return {Poison{}};
  }
  if (graph.shape) {
    call.several = graph.shape->outputs.size() > 1;
    for (const auto& output : graph.shape->outputs) {
      auto dims = dimensions(output, frame);
      if (!dims) return {Poison{}};
      call.outputs.push_back(std::move(*dims));
    }
  }
  auto role = graph.role ? role_named(graph.role->text) : Role::None;
  if (!role) return fail(codes::L7011, graph.role->span, fmt::format("there is no role `{}`", graph.role->text));
  During<Role> written(written_, written_ | *role);
  return find_operation(graph.text)(call);
}

bool Elaborator::bind(const Graph& graph, const Description::Block& block, const Scope& scope, Frame& frame,
                      Locals& locals) {
  const auto& parameters = block.block->parameters;
  std::vector<std::optional<Term>> given(parameters.size());
  size_t place = 0;
  bool good = true;
  for (const syntax::GraphArgument& argument : graph.arguments) {
    Term term = evaluate(argument.value[0], frame);
    good &= !term.is<Poison>();
    size_t target = place;
    if (argument.name) {
      for (target = 0; target < parameters.size() && parameters[target].name.text != argument.name->text;) ++target;
    } else {
      ++place;
    }
    if (target >= parameters.size() || given[target]) {
      const Span span = argument.name ? argument.name->span : argument.value[0].span;
      const std::string which =
          argument.name ? fmt::format("`{}`", argument.name->text) : fmt::format("{} here", place);
      fail(codes::L7012, span, fmt::format("the block `{}` has no parameter for the argument {}", graph.text, which));
      return false;
    }
    given[target] = std::move(term);
  }
  if (!good) return false;
  Frame inner{locals, scope};
  std::map<std::string, uint16_t> streams;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const syntax::Parameter& parameter = parameters[i];
    if (!given[i] && !parameter.value.empty()) given[i] = evaluate(parameter.value[0], inner);
    if (!given[i]) {
      fail(codes::L7012, graph.span,
           fmt::format("the block `{}` lacks the argument `{}`", graph.text, parameter.name.text));
      return false;
    }
    if (given[i]->is<Poison>()) return false;
    auto* flow = given[i]->as<Flow>();
    if (parameter.shape.empty() ? !fits(parameter.type->text, *given[i]) : !flow) {
      const std::string wanted = parameter.shape.empty() ? parameter.type->text : "a value of the dataflow";
      fail(codes::L7012, graph.span, fmt::format("the block `{}` wants {} as `{}`, this is {}", graph.text, wanted,
                                                parameter.name.text, kind_of(*given[i])));
      return false;
    }
    if (flow && !bind_shape(graph, parameter, *flow, inner, streams)) return false;
    locals.set(parameter.name.text, std::move(*given[i]));
  }
  return true;
}

// A stream's name means one stream for all parameters of a block; a width that is named for the first time is bound.
bool Elaborator::bind_shape(const Graph& graph, const syntax::Parameter& parameter, const Flow& flow, Frame& inner,
                            std::map<std::string, uint16_t>& streams) {
  const Value& given = value(flow);
  const auto& dimensions = parameter.shape[0].outputs[0].dimensions;
  if (flow.maker != current_) {
    fail(codes::L7020, graph.span, fmt::format("`{}` comes from outside of the dispatch", parameter.name.text),
         {"inside of a dispatch only `_` is a value of the dataflow"});
    return false;
  }
  const std::string& rows = dimensions[0].text;
  if (auto [known, added] = streams.emplace(rows, given.stream); !added && known->second != given.stream) {
    fail(codes::L7014, graph.span,
         fmt::format("the block `{}` takes `{}` of the stream `{}`, this is of `{}`", graph.text, parameter.name.text,
                     streams_[known->second], streams_[given.stream]));
    return false;
  }
  bool same = dimensions.size() == given.dims.size() + 1;
  Dims wanted;
  for (size_t i = 1; same && i < dimensions.size(); ++i) {
    const Graph& dimension = dimensions[i];
    const bool plain = dimension.kind == Graph::Kind::Operation && !dimension.called;
    if (plain && !inner.locals.find(dimension.text) && !inner.scope.definitions.contains(dimension.text))
      inner.locals.set(dimension.text, {given.dims[i - 1]});
    auto extent = whole(dimension, inner, "a dimension");
    if (!extent) return false;
    wanted.push_back(*extent);
    same = *extent == given.dims[i - 1];
  }
  if (same) return true;
  fail(codes::L7013, graph.span, fmt::format("the block `{}` wants another shape of `{}` than [{}]", graph.text,
                                            parameter.name.text, fmt::join(given.dims, ", ")));
  return false;
}

Term Elaborator::call_block(const Graph& graph, const Description::Block& block, const Scope& scope, Frame& frame) {
  const bool own = block.home == scope.description;
  const Span body = block.block->body.span;
  if (body.file == graph.span.file && body.end > graph.span.begin) {
    return fail(codes::L7011, graph.span, fmt::format("the block `{}` is not declared above", graph.text),
                {"a block may call only the blocks above it"});
  }
  const Scope& inner_scope = own ? scope : library(*block.home);
  Locals locals;
  if (!bind(graph, block, inner_scope, frame, locals)) return {Poison{}};
  auto role = graph.role ? role_named(graph.role->text) : Role::None;
  if (!role) return fail(codes::L7011, graph.role->span, fmt::format("there is no role `{}`", graph.role->text));
  if (graph.shape) return fail(codes::L7012, graph.shape->span, "a block's results have the shapes that it yields");
  std::optional<std::string> path;
  if (graph.path) {
    path = path_text(*graph.path, frame);
    if (!path) return {Poison{}};
  }
  During<Role> written(written_, written_ | *role);
  Frame inner{locals, inner_scope};
  if (path && current_ == 0 && layer_ >= 0 && !in_expert_) return call_layer(graph, block, *path, inner);
  return expand(block, path, inner);
}

Term Elaborator::expand(const Description::Block& block, const std::optional<std::string>& path, Frame& inner) {
  std::string& prefix = maker().prefix;
  During<std::string> during(prefix, path ? joined_path(prefix, *path) : prefix);
  Term result = run_body(block.block->body, inner);
  if (result.is<Missing>())
    return fail(codes::L7022, block.block->name.span,
                fmt::format("the block `{}` yields nothing", block.block->name.text));
  return result;
}

}  // namespace lcr::elaboration
