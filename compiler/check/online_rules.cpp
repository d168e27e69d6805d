#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/check/rules.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/language/hadamard_sizes.h"
#include "compiler/language/parameter.h"
#include "compiler/model/source_transforms.h"

namespace lcr {
namespace {

const Algorithm* quip_of(const Choice& choice) {
  if (choice.stack == nullptr) return nullptr;
  for (const Algorithm& algorithm : choice.stack->transforms)
    if (algorithm.name == "quip") return &algorithm;
  return nullptr;
}

// One cause, and whom it concerns.
struct Cause {
  Span span;
  Code code;
  std::string message, help;
  auto operator<=>(const Cause& other) const {
    return std::tie(span.file, span.begin, message) <=> std::tie(other.span.file, other.span.begin, other.message);
  }
};
using Causes = std::map<Cause, std::vector<uint32_t>>;

void add(Causes& causes, const Cause& cause, const std::vector<uint32_t>& modules) {
  auto& known = causes[cause];
  known.insert(known.end(), modules.begin(), modules.end());
}

// The matrix of a side so wide.
void check_size(const Algorithm& quip, const std::string& side, int64_t width, const ModuleClass& one, Causes& causes) {
  const auto block = quip.parameters.find("block");
  const int64_t size = block == quip.parameters.end() ? width : std::get<int64_t>(block->second);
  const bool hadamard = parameter<std::string>(quip, "kind") != "random";
  if (width % size != 0)
    return add(causes, {quip.span, codes::L4084, fmt::format("blocks of {} do not divide the {} channels of `{}`", size, width, side),
                        fmt::format("leave `block` out, or take a divisor, as {}", largest_hadamard_block(width))},
               one.modules);
  if (!hadamard || has_hadamard(size)) return;
  add(causes, {quip.span, codes::L4084, fmt::format("no Hadamard matrix of {} rows is known here, which `{}` needs", size, side),
               fmt::format("`block = {}` is the largest that works for {} channels, or take `kind = random`",
                           largest_hadamard_block(width), width)},
      one.modules);
}

void check_quip(const CheckContext& context, const ModuleClass& one, Causes& causes) {
  for (const Choice& choice : context.choices(context.assignment(one))) {
    const Algorithm* quip = quip_of(choice);
    if (quip == nullptr) continue;
    if (has(one.roles, Role::Expert)) {
      add(causes, {quip->span, codes::L4083, "no reader rotates what experts read or give at run time",
                   "give experts a stack without `quip`"},
          one.modules);
      continue;
    }
    for (const std::string& side : std::get<std::vector<std::string>>(quip->parameters.at("rotations")))
      check_size(*quip, side, side == "v" ? one.in : one.out, one, causes);
  }
}

// R4 and `quip` on one input.
void check_twice(const CheckContext& context, Causes& causes) {
  for (const ModuleClass& one : context.classes)
    for (const Choice& choice : context.choices(context.assignment(one))) {
      const Algorithm* quip = quip_of(choice);
      if (quip == nullptr) continue;
      const auto& sides = std::get<std::vector<std::string>>(quip->parameters.at("rotations"));
      if (std::find(sides.begin(), sides.end(), "v") == sides.end()) continue;
      for (uint32_t m : one.modules)
        if (context.online.input[m].starts_with("spinquant"))
          add(causes, {quip->span, codes::L4085, "what these modules read is rotated by R4 and by `quip`",
                       "leave R4 out, or give them a stack without `quip`"},
              {m});
    }
}

}  // namespace

void check_online(const CheckContext& context) {
  Causes causes;
  for (const ModuleClass& one : context.classes) check_quip(context, one, causes);
  check_twice(context, causes);
  for (const auto& [cause, modules] : causes) {
    Diagnostic& diagnostic =
        context.diagnostics.report(cause.code, cause.span, cause.message, fmt::format("for {}", count_of(modules.size())));
    name_units(diagnostic, context.graph, modules);
    diagnostic.help(cause.help);
  }
}

void check_rotated_source(const CheckContext& context) {
  const std::optional<Json> config = parse_json(context.checkpoint.config_text);
  if (!config || context.typed.keeps_source_config || !rotates_at_run_time(source_transforms(*config))) return;
  context.diagnostics
      .report(codes::L4090, context.recipe.exports.empty() ? Span{} : context.recipe.exports[0].span,
              "the source is rotated at run time, and what it stores are weights for rotated values")
      .note("its quantization_config holds a transform_config with rotations of inputs, outputs, queries or keys")
      .help("start from the checkpoint that it was made of");
}

}  // namespace lcr
