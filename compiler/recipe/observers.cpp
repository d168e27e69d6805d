#include "compiler/recipe/observers.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/precision.h"
#include "compiler/recipe/parameters.h"
#include "compiler/recipe/values.h"

namespace lcr::binding {
namespace {

// Observers keep counts and ratios alike as doubles.
double as_number(const ParameterValue& value) {
  if (auto* count = std::get_if<int64_t>(&value)) return double(*count);
  auto* number = std::get_if<double>(&value);
  return number ? *number : 0;
}

// The search narrows the range step by step.
bool narrows(Binder& binder, const Parameters& parameters, const syntax::Value& value) {
  auto from = parameters.values.find("from"), to = parameters.values.find("to");
  if (from == parameters.values.end() || to == parameters.values.end()) return true;
  if (as_number(from->second) > as_number(to->second)) return true;
  binder.report(codes::L4024, value.span, "the search runs from a range to a wider one")
      .help("`from` is larger than `to`");
  return false;
}

}  // namespace

std::optional<Observer> read_observer(Binder& binder, Scope& scope, const syntax::Value& value,
                                      std::string_view place) {
  const syntax::Call* call = as_call(value);
  const ObserverInfo* info = call ? find_observer(call->name.text) : nullptr;
  if (!info) {
    if (!call) {
      report_type(binder, value, place, "an observer")
          .help(fmt::format("possible here: {}", alternatives(observer_names())));
    } else {
      suggest(binder.report(codes::L4030, call->name.span, fmt::format("there is no observer `{}`", call->name.text)),
              call->name.text, observer_names());
    }
    return std::nullopt;
  }
  std::vector<ParameterInfo> table(info->parameters.begin(), info->parameters.end());
  table.push_back(exponent_parameter());
  Parameters parameters = read_parameters(binder, scope, *call, table);
  if (!parameters.fine || !narrows(binder, parameters, value)) return std::nullopt;
  Observer observer;
  observer.name = info->name;
  observer.exponent = std::get<std::string>(parameters.values["exponent"]);
  for (const ParameterInfo& parameter : info->parameters) {
    observer.parameters[std::string(parameter.name)] = as_number(parameters.values[std::string(parameter.name)]);
  }
  return observer;
}

void check_observer(Binder& binder, const Observer& observer, const ObservedSide& side, Span span) {
  const ObserverInfo& info = *find_observer(observer.name);
  if (!(side.weights ? info.on_weights : info.on_activations)) {
    std::vector<std::string> possible;
    for (const ObserverInfo& other : observers()) {
      if (side.weights ? other.on_weights : other.on_activations) possible.emplace_back(other.name);
    }
    binder
        .report(codes::L4031, span,
                fmt::format("`{}` finds no scale of {}", observer.name, side.weights ? "weights" : "activations"))
        .help(fmt::format("possible here: {}", alternatives(possible)));
  } else if (observer.name == "hessian" && side.solver != "gptq") {
    binder
        .report(codes::L4031, span,
                fmt::format("`hessian` needs what `gptq` collects, and the solver is `{}`", side.solver))
        .help("`imatrix` weights columns by their inputs without a Hessian");
  } else if (observer.name == "four_over_six" &&
             !(side.format->element == Element::Fp4 && side.format->scale == ScaleType::E4M3)) {
    binder
        .report(
            codes::L4031, span,
            fmt::format("`four_over_six` is for `fp4` with `e4m3` scales, and this is `{}`", to_string(*side.format)))
        .help("`mse` searches the range of any format");
  } else if (observer.name == "mse" && !side.weights && side.format->global) {
    binder.report(codes::L4031, span, "`mse` finds no better global scale: the scales below it are found at run time")
        .help("possible here: `minmax`, `ema`, `percentile` or `fixed`");
  } else if (observer.exponent != exponent_parameter().fallback && side.format->scale != ScaleType::E8M0) {
    binder.report(codes::L4032, span, "`exponent` is given for a scale that is no power of two")
        .help("leave it out: it exists for `scale = e8m0`");
  }
}

}  // namespace lcr::binding
