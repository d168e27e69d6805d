#include "compiler/import/stacks.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"

namespace lcr::foreign {
namespace {

// A modifier that says no order takes that of its scheme, else the static one; one that says one must not contradict.
std::string order_text(const QuantizePass& pass, const Scheme& scheme, Diagnostics& diagnostics) {
  const std::optional<std::string>& own = scheme.weights->order;
  if (own && pass.order && *own != *pass.order) {
    diagnostics
        .report(codes::L7053, scheme.weights->span,
                fmt::format("the scheme says `actorder: {}` and the modifier `{}`", *own, *pass.order))
        .label(pass.span, "the modifier");
    return {};
  }
  const std::string order = pass.order.value_or(own.value_or("static"));
  if (order == "none" || order == "false" || order == "False") return "order = natural";
  if (order == "static" || order == "weight") return {};  // what the solver does when nothing is said
  diagnostics
      .report(codes::L7053, pass.order || !own ? pass.span : scheme.weights->span,
              fmt::format("`actorder: {}` has no equivalent: servers do not load columns that are stored out of order",
                          order))
      .help("`static` solves in the same order and stores columns where they were");
  return {};
}

std::string call(const std::string& name, const std::vector<std::string>& arguments) {
  return arguments.empty() ? name : fmt::format("{}({})", name, fmt::join(arguments, ", "));
}

std::string transform_text(const Transform& transform, const TargetMatcher* model) {
  std::vector<std::string> arguments = transform.arguments;
  std::vector<Term> producers;
  for (const Target& target : transform.through) producers.push_back(term_of(target, Purpose::Produce, model));
  if (transform.norms_only) arguments.push_back("through = type(norm)");
  else if (!producers.empty()) arguments.push_back("through = " + join(std::move(producers)).text);
  return call(transform.name, arguments);
}

}  // namespace

bool is_calibrated(const std::optional<Arguments>& arguments) {
  return arguments && (!arguments->format.dynamic || arguments->format.global);
}

bool needs_data(const QuantizePass& pass, const Scheme& scheme) {
  if (pass.solver != "rtn" || is_calibrated(scheme.input) || is_calibrated(scheme.output)) return true;
  for (const Transform& transform : pass.transforms)
    if (transform.needs_data) return true;
  return scheme.weights && scheme.weights->observer.starts_with("imatrix");
}

std::string stack_text(const QuantizePass& pass, const Scheme& scheme, const TargetMatcher* model,
                       Diagnostics& diagnostics) {
  std::string text;
  for (const Transform& transform : pass.transforms) text += transform_text(transform, model) + " then ";
  std::vector<std::string> arguments = pass.arguments;
  if (pass.ordered) {
    const std::string order = order_text(pass, scheme, diagnostics);
    if (!order.empty()) arguments.push_back(order);
  }
  const auto range = [&](const char* name, const std::optional<Arguments>& side) {
    if (!side || side->observer.empty()) return;
    if (pass.solver == "autoround")
      diagnostics.report(codes::L7055, side->span,
                         fmt::format("the observer `{}` is left out: the solver finds ranges itself", side->observer));
    else
      arguments.push_back(fmt::format("{} = {}", name, side->observer));
  };
  range("range", scheme.weights);
  // The other tool's defaults, where ours are others.
  const bool awq = std::any_of(pass.transforms.begin(), pass.transforms.end(), [](const Transform& one) { return one.name == "awq"; });
  if (pass.solver == "rtn" && awq && scheme.weights && scheme.weights->observer.empty()) arguments.push_back("range = minmax");
  if (pass.solver == "gptq") {
    if (scheme.weights && scheme.weights->observer.empty()) arguments.push_back("range = minmax");
    arguments.push_back("refit = off");
  }
  range("input_range", scheme.input);
  range("output_range", scheme.output);
  return text + call(pass.solver, arguments);
}

}  // namespace lcr::foreign
