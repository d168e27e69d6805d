#include <fmt/format.h>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/elaborator.h"

namespace lcr::elaboration {

using syntax::Step;

Term Elaborator::run_body(const syntax::Body& body, Frame& frame) {
  for (const Step& step : body.steps) {
    Term yielded;
    if (run_step(step, frame, yielded)) return yielded;
  }
  return {Missing{}};
}

Term Elaborator::run_bare(const syntax::Body& body, Frame& frame) {
  // Of a bare `{ key }` in a configuration the key may be absent: `or` behind it replaces it.
  Term result = run_body(body, frame);
  if (result.is<Missing>() && !body.bare) return fail(codes::L7022, body.span, "this body yields nothing");
  return result;
}

bool Elaborator::run_step(const Step& step, Frame& frame, Term& yielded) {
  switch (step.kind) {
    case Step::Kind::Assign: assign(step, frame); return false;
    case Step::Kind::Unused: unused(step, frame); return false;
    case Step::Kind::Repeat: return repeat(step, frame, yielded);
    case Step::Kind::If: {
      auto holds = truth(step.values[0], frame);
      if (!holds) {
        yielded = {Poison{}};
        return true;
      }
      const size_t taken = *holds ? 0 : 1;
      if (taken >= step.bodies.size()) return false;
      yielded = run_body(step.bodies[taken], frame);
      return !yielded.is<Missing>();
    }
    case Step::Kind::Yield: break;
  }
  if (step.values.size() == 1) {
    yielded = evaluate(step.values[0], frame);
    return true;
  }
  std::vector<Term> items;
  for (const syntax::Graph& value : step.values) items.push_back(evaluate(value, frame));
  yielded = list_of(std::move(items));
  return true;
}

void Elaborator::assign(const Step& step, Frame& frame) {
  Term term = evaluate(step.values[0], frame);
  auto set = [&](const syntax::Target& target, Term value) {
    if (!target.index) {
      const Term* old = frame.locals.find(target.name.text);
      if (old && old->is<Flow>() && !value.is<Flow>() && !value.is<Poison>()) {
        value =
            fail(codes::L7017, target.name.span,
                 fmt::format("`{}` is a value of the dataflow, and becomes {} here", target.name.text, kind_of(value)));
      }
      frame.locals.set(target.name.text, std::move(value));
      return;
    }
    const Term* number = frame.locals.find(target.index->text);
    auto at = number ? whole_of(*number) : std::nullopt;
    if (!at) {
      fail(codes::L7011, target.index->span, fmt::format("`{}` is no number of a repeat", target.index->text));
      return;
    }
    const Term* old = frame.locals.find(target.name.text);
    Table table = old && old->is<Table>() ? *old->as<Table>() : std::make_shared<std::map<int64_t, Term>>();
    (*table)[*at] = std::move(value);
    frame.locals.set(target.name.text, {std::move(table)});
  };
  if (step.targets.size() == 1) return set(step.targets[0], std::move(term));
  auto* list = term.as<List>();
  if (!list || (*list)->size() != step.targets.size()) {
    if (!term.is<Poison>()) {
      fail(codes::L7017, step.span,
           fmt::format("{} names take the results of something that gives {}", step.targets.size(),
                       list ? std::to_string((*list)->size()) : std::string(kind_of(term))));
    }
    for (const syntax::Target& target : step.targets) set(target, {Poison{}});
    return;
  }
  for (size_t i = 0; i < step.targets.size(); ++i) set(step.targets[i], (**list)[i]);
}

bool Elaborator::repeat(const Step& step, Frame& frame, Term& yielded) {
  auto low = whole(step.values[0], frame, "a bound");
  auto high = whole(step.values[1], frame, "a bound");
  if (!low || !high) {
    yielded = {Poison{}};
    return true;
  }
  constexpr int64_t most = 100'000;
  if (*high - *low > most) {
    yielded = fail(codes::L7017, step.span,
                   fmt::format("{} rounds are more than the {} of this version", *high - *low, most));
    return true;
  }
  const bool outermost = current_ == 0 && layer_ < 0;
  bool stopped = false;
  for (int64_t i = *low; i < *high && !stopped; ++i) {
    frame.locals.set(step.variable->text, {i});
    if (outermost) layer_ = i;
    Term result = run_body(step.bodies[0], frame);
    if (!result.is<Missing>()) {
      yielded = std::move(result);
      stopped = true;
    }
  }
  if (outermost) layer_ = -1;
  frame.locals.erase(step.variable->text);
  return stopped;
}

void Elaborator::unused(const Step& step, Frame& frame) {
  const bool outer = unused_;
  unused_ = true;
  evaluate(step.values[0], frame);
  unused_ = outer;
}

bool Elaborator::run_model(const Description& description) {
  if (!description.model) {
    fail(codes::L7022, description.file.header.span,
         fmt::format("`{}` has no `model`: it can only be a part of another architecture", description.name));
    return false;
  }
  Locals locals;
  Frame frame{locals, *root_};
  for (const syntax::Parameter& parameter : description.model->parameters) {
    if (parameter.shape.size() != 1 || parameter.shape[0].outputs.size() != 1 ||
        parameter.shape[0].outputs[0].dimensions.empty()) {
      fail(codes::L7022, parameter.span, "an input of a model is given by a stream and its dimensions");
      return false;
    }
    syntax::Shape::Output shape = parameter.shape[0].outputs[0];
    const std::string rows = shape.dimensions.front().text;
    shape.dimensions.erase(shape.dimensions.begin());
    auto dims = dimensions(shape, frame);
    if (!dims) return false;
    Node node;
    node.op = Op::Input;
    node.attributes.name = parameter.name.text;
    node.span = parameter.span;
    Value value;
    value.dims = std::move(*dims);
    value.stream = stream(rows);
    Flow flow = emit(std::move(node), {value})[0];
    maker().result.inputs.push_back(flow.id);
    locals.set(parameter.name.text, {flow});
  }
  maker().outcome = run_body(description.model->body, frame);
  auto* flow = maker().outcome.as<Flow>();
  if (flow) {
    maker().result.outputs.push_back(flow->id);
    return true;
  }
  if (!maker().outcome.is<Poison>())
    fail(codes::L7022, description.model->body.span, "a model yields one value of the dataflow");
  return false;
}

}  // namespace lcr::elaboration
