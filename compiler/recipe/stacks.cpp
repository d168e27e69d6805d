#include "compiler/recipe/stacks.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/language/parameter.h"
#include "compiler/recipe/parameters.h"
#include "compiler/recipe/scope.h"

namespace lcr::binding {
namespace {

// `place` is the call in the rule, which names a method where the algorithm comes from one.
struct Expanded {
  const syntax::Call* call;
  Scope* scope;
  Span place;
};

bool expand(Binder& binder, Scope& scope, const syntax::Stack& stack, std::vector<Expanded>& calls);

// The algorithms of a method, in place of its name.
bool expand_method(Binder& binder, Declaration& method, const syntax::Call& call, std::vector<Expanded>& calls) {
  using State = Declaration::State;
  if (call.called) {
    binder.report(codes::L2027, call.name.span, fmt::format("the method `{}` takes no arguments", call.name.text))
        .help(fmt::format("write `{}`", call.name.text));
    return false;
  }
  if (method.state == State::Reading) {
    binder.report(codes::L2007, method.name.span, fmt::format("the method `{}` needs itself", method.name.text));
    method.state = State::Broken;
  }
  if (method.state == State::Broken) {
    binder.incomplete = true;
    return false;
  }
  Nesting nesting(binder, method.name);
  if (!nesting.fits()) method.state = State::Broken;
  if (!nesting.fits()) return false;
  method.state = State::Reading;
  size_t first = calls.size();
  bool fine = expand(binder, *method.scope, std::get<syntax::Method>(method.statement->node).stack, calls);
  for (size_t i = first; i < calls.size(); ++i) calls[i].place = call.name.span;
  method.state = fine ? State::Read : State::Broken;
  return fine;
}

bool expand(Binder& binder, Scope& scope, const syntax::Stack& stack, std::vector<Expanded>& calls) {
  bool fine = true;
  for (const syntax::Call& call : stack.calls) {
    if (find_algorithm(call.name.text)) {
      calls.push_back({&call, &scope, call.name.span});
      continue;
    }
    Declaration* declaration = find(scope, call.name.text);
    if (declaration && declaration->kind == NameKind::Method) {
      fine &= expand_method(binder, *declaration, call, calls);
      continue;
    }
    fine = false;
    binder.incomplete = true;
    if (declaration) {
      require(binder, scope, call.name, NameKind::Method);
    } else if (!scope.incomplete && scope.reported.insert(call.name.text).second) {
      std::vector<std::string> known = algorithm_names();
      for (const auto& [name, entry] : scope.names) {
        if (entry->kind == NameKind::Method) known.push_back(name);
      }
      suggest(binder.report(codes::L4021, call.name.span,
                            fmt::format("there is no algorithm or method `{}`", call.name.text)),
              call.name.text, known);
    }
  }
  return fine;
}

// Retries raise the damping up to the limit.
bool check_damping(Binder& binder, const ReadAlgorithm& read) {
  auto damp = read.algorithm.parameters.find("damp"), limit = read.algorithm.parameters.find("damp_limit");
  if (damp == read.algorithm.parameters.end() || limit == read.algorithm.parameters.end()) return true;
  if (std::get<double>(limit->second) >= std::get<double>(damp->second)) return true;
  auto written = read.written.find("damp_limit");
  binder.report(codes::L4024, written == read.written.end() ? read.algorithm.span : written->second,
                "`damp_limit` is at least `damp`");
  return false;
}

// One algorithm with its parameters; rules across parameters included.
std::optional<ReadAlgorithm> read_fresh_call(Binder& binder, Scope& scope, const syntax::Call& call) {
  ReadAlgorithm read;
  read.info = find_algorithm(call.name.text);
  Parameters parameters = read_parameters(binder, scope, call, read.info->parameters);
  if (!parameters.fine) return std::nullopt;
  read.algorithm.name = call.name.text;
  read.algorithm.span = call.name.span;
  read.algorithm.parameters = std::move(parameters.values);
  read.written = std::move(parameters.written);
  if (!check_damping(binder, read)) return std::nullopt;
  return read;
}

// As above, but a call that several rules reach through a method is read, and reported, once.
std::optional<ReadAlgorithm> read_call(Binder& binder, Scope& scope, const syntax::Call& call) {
  auto known = binder.read_calls.find(&call);
  if (known != binder.read_calls.end()) return known->second;
  return binder.read_calls[&call] = read_fresh_call(binder, scope, call);
}

// Where an algorithm of this role belongs.
std::string_view home_of(AlgorithmRole role) {
  switch (role) {
    case AlgorithmRole::Transform: return "it stands in the stack of a `quantize` rule, before the solver";
    case AlgorithmRole::Solver: return "it stands last in the stack of a `quantize` rule";
    case AlgorithmRole::ModelWide:
      return "it reaches beyond the targets of a rule: write `transform ...` as a statement";
    case AlgorithmRole::Pruner:
      return "it stands in a `prune` rule: pruning comes before quantization, whatever the order of the text";
  }
  return {};
}

// Transforms in their order, then one solver and nothing else. One report for each stack.
bool check_order(Binder& binder, const std::vector<Expanded>& calls) {
  const AlgorithmInfo* last = nullptr;
  for (const Expanded& entry : calls) {
    const AlgorithmInfo* info = find_algorithm(entry.call->name.text);
    Span span = entry.place;
    if (info->role == AlgorithmRole::ModelWide || info->role == AlgorithmRole::Pruner) {
      binder.report(codes::L4027, span, fmt::format("`{}` stands in a stack", info->name))
          .help(std::string(home_of(info->role)));
      return false;
    }
    if (last && last->role == AlgorithmRole::Solver) {
      binder.report(codes::L4025, span, fmt::format("`{}` comes after the solver `{}`", info->name, last->name))
          .help(info->role == AlgorithmRole::Solver
                    ? "a stack has one solver"
                    : "transforms come first: `smoothquant`, `awq`, then `quip`, then a solver");
      return false;
    }
    if (last && info->role == AlgorithmRole::Transform && info->order <= last->order) {
      binder.report(codes::L4025, span, fmt::format("`{}` comes after `{}`", info->name, last->name))
          .help("transforms stand once each, in the order `smoothquant`, `awq`, `quip`");
      return false;
    }
    last = info;
  }
  if (last && last->role == AlgorithmRole::Solver) return true;
  binder
      .report(codes::L4026, calls.back().call->name.span,
              fmt::format("the stack ends with `{}`, which finds no codes", last->name))
      .help("add a solver: `then rtn`, `then gptq` or `then autoround(...)`");
  return false;
}

// Defaults that depend on what stands before the solver.
void fill_behind_awq(ReadStack& stack) {
  const bool awq = std::any_of(stack.transforms.begin(), stack.transforms.end(),
                               [](const ReadAlgorithm& one) { return one.info->name == "awq"; });
  if (!awq) return;
  for (const ParameterInfo& parameter : stack.solver.info->parameters) {
    const std::string name(parameter.name);
    if (!parameter.behind_awq.empty() && !stack.solver.written.contains(name))
      stack.solver.algorithm.parameters[name] = default_observer(parameter.behind_awq);
  }
}

}  // namespace

std::optional<ReadAlgorithm> read_algorithm(Binder& binder, Scope& scope, const syntax::Call& call,
                                            AlgorithmRole role) {
  const AlgorithmInfo* info = find_algorithm(call.name.text);
  if (!info) {
    Diagnostic& diagnostic =
        binder.report(codes::L4021, call.name.span, fmt::format("there is no algorithm `{}`", call.name.text));
    suggest(diagnostic, call.name.text, algorithm_names(role));
    return std::nullopt;
  }
  if (info->role != role) {
    binder
        .report(codes::L4027, call.name.span, fmt::format("`{}` stands in a statement of another purpose", info->name))
        .help(std::string(home_of(info->role)));
    return std::nullopt;
  }
  return read_call(binder, scope, call);
}

std::optional<ReadStack> read_stack(Binder& binder, Scope& scope, const syntax::Stack& stack) {
  std::vector<Expanded> calls;
  if (!expand(binder, scope, stack, calls) || calls.empty() || !check_order(binder, calls)) return std::nullopt;
  ReadStack result;
  bool fine = true;
  for (const Expanded& entry : calls) {
    std::optional<ReadAlgorithm> read = read_call(binder, *entry.scope, *entry.call);
    fine &= read.has_value();
    if (!read) continue;
    if (read->info->role == AlgorithmRole::Solver)
      result.solver = std::move(*read);
    else
      result.transforms.push_back(std::move(*read));
  }
  if (!fine) return std::nullopt;
  fill_behind_awq(result);
  return result;
}

void read_methods(Binder& binder, Scope& scope) {
  for (const auto& [name, declaration] : scope.own) {
    if (declaration->kind != NameKind::Method || declaration->state != Declaration::State::Unread) continue;
    syntax::Call call;
    call.name = declaration->name;
    std::vector<Expanded> calls;
    if (!expand_method(binder, *declaration, call, calls)) continue;
    for (const Expanded& entry : calls) read_call(binder, *entry.scope, *entry.call);
  }
}

}  // namespace lcr::binding
