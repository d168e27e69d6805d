#include <fmt/format.h>

#include "compiler/diagnostics/codes/precision.h"
#include "compiler/recipe/observers.h"
#include "compiler/recipe/stacks.h"

namespace lcr::binding {
namespace {

// A method that several rules use is reported once.
bool first_misfit(Binder& binder, Span span) { return binder.misfits.insert({span.file, span.begin}).second; }

// Gives the solver the observer of one side, or takes it away where the side has no scale to find.
void fit_side(Binder& binder, const ReadAlgorithm& solver, Algorithm& result, std::string_view parameter,
              const Format* format, bool weights) {
  std::string name(parameter);
  if (!find_parameter(solver.info->parameters, name)) return;
  auto written = solver.written.find(name);
  bool finds = format && (weights || has_static_scale(*format));
  if (!finds) {
    result.parameters.erase(name);
    if (written == solver.written.end() || !first_misfit(binder, written->second)) return;
    binder
        .report(codes::L4029, written->second,
                fmt::format("`{}` is given and there is no scale to find before the run", name))
        .help(format ? "the scales are found at run time: leave it out" : "this side is not quantized: leave it out");
    return;
  }
  if (written == solver.written.end()) return;
  if (binder.misfits.count({written->second.file, written->second.begin})) return;
  size_t before = binder.diagnostics.size();
  check_observer(binder, std::get<Observer>(result.parameters[name]), {format, weights, solver.info->name},
                 written->second);
  if (binder.diagnostics.size() != before) first_misfit(binder, written->second);
}

// Sides that are not quantized have no format.
const Format* address(const std::optional<Format>& format) { return format ? &*format : nullptr; }

}  // namespace

bool has_static_scale(const Format& format) { return !format.dynamic || format.global; }

Stack fit_to_weights(Binder& binder, const ReadStack& stack, const Precision& precision) {
  Stack result;
  for (const ReadAlgorithm& transform : stack.transforms) result.transforms.push_back(transform.algorithm);
  result.solver = stack.solver.algorithm;
  fit_side(binder, stack.solver, result.solver, "range", address(precision.weights), true);
  fit_side(binder, stack.solver, result.solver, "input_range", address(precision.input), false);
  fit_side(binder, stack.solver, result.solver, "output_range", address(precision.output), false);
  return result;
}

std::optional<Stack> fit_to_cache(Binder& binder, const ReadStack& stack, const Format& format) {
  const ReadAlgorithm* wrong = nullptr;
  if (!stack.solver.info->on_caches) wrong = &stack.solver;
  if (!stack.transforms.empty()) wrong = &stack.transforms.front();
  if (wrong) {
    binder
        .report(codes::L4028, wrong->algorithm.span,
                fmt::format("`{}` works on weights, and these are attention points", wrong->info->name))
        .help("write `with rtn(range = minmax)`");
    return std::nullopt;
  }
  Stack result;
  result.solver = stack.solver.algorithm;
  fit_side(binder, stack.solver, result.solver, "range", &format, false);
  fit_side(binder, stack.solver, result.solver, "input_range", nullptr, false);
  fit_side(binder, stack.solver, result.solver, "output_range", nullptr, false);
  return result;
}

}  // namespace lcr::binding
