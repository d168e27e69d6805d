#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/check/rule_words.h"
#include "compiler/check/rules.h"
#include "compiler/check/sizes.h"
#include "compiler/diagnostics/codes/precision.h"

namespace lcr {
namespace {

// Scales of small groups, 8-bit codes of what the source holds in fewer bits, or an untied head can outgrow the gain.
void warn_of_growth(const CheckContext& context) {
  int64_t before = 0, after = 0;
  for (const ModuleClass& one : context.classes) {
    const int64_t count = static_cast<int64_t>(one.modules.size());
    before += count * stored_bytes(context.graph, context.checkpoint, context.graph.modules[one.modules[0]]);
    after += count * exported_bytes(context.graph, context.checkpoint, context.typed, one.modules[0]);
  }
  if (after <= before) return;
  context.diagnostics
      .report(codes::L4066, context.recipe.exports[0].span,
              fmt::format("the result is larger than the source: {} instead of {}", bytes_words(after),
                          bytes_words(before)))
      .with("before", before)
      .with("after", after)
      .help("`lcr resolve` shows which rule adds what");
}

// A stack that is decoded comes apart: its experts are written under names of their own.
void warn_of_experts_apart(const CheckContext& context) {
  std::vector<uint32_t> apart;
  for (const ModuleClass& one : context.classes) {
    const TensorView* weight = context.graph.weight(context.graph.modules[one.modules[0]]);
    const bool decoded = one.codec != 0 && context.assignment(one).dequantize && !context.quantized(one);
    if (decoded && has(one.roles, Role::Expert) && weight != nullptr && !weight->steps.empty())
      apart.insert(apart.end(), one.modules.begin(), one.modules.end());
  }
  if (apart.empty()) return;
  Diagnostic& diagnostic = context.diagnostics.report(
      codes::L4073, context.recipe.exports[0].span,
      "experts that the source stacks in one tensor are written one by one", count_of(apart.size()));
  name_units(diagnostic, context.graph, apart);
  diagnostic.help("readers that know the stacked form only cannot load them; this program can");
}

}  // namespace

void check_coverage(const CheckContext& context) {
  std::vector<uint32_t> left;
  bool any = false;
  for (const Assignment& assignment : context.typed.assignments) any = any || assignment.kind != Assignment::Kind::Keep;
  for (const ModuleClass& one : context.classes) {
    const Assignment& assignment = context.assignment(one);
    if (one.kind != ModuleKind::Linear || !has(one.roles, Role::Decoder) || has(one.roles, Role::Router)) continue;
    if (assignment.rule < 0 && assignment.prune_rule < 0)
      left.insert(left.end(), one.modules.begin(), one.modules.end());
  }
  bool stores_codes = false;
  for (const Export& to : context.recipe.exports)
    stores_codes = stores_codes || to.format == Export::Format::CompressedTensors;
  warn_of_experts_apart(context);
  const bool kept = !context.typed.carried.empty() || context.typed.keeps_source_config;
  if (!any && !kept && stores_codes && !context.recipe.rules.empty()) {
    context.diagnostics
        .report(codes::L4064, context.recipe.exports[0].span, "no module is quantized",
                "writes the weights as they are")
        .help("`export dense` says that this is meant");
    return;
  }
  if (any && stores_codes) warn_of_growth(context);
  if (!any || left.empty()) return;
  Diagnostic& diagnostic =
      context.diagnostics.report(codes::L4065, context.recipe.default_span,
                                 fmt::format("{} of the decoder are left to `default`", count_of(left.size())));
  name_units(diagnostic, context.graph, left);
}

}  // namespace lcr
