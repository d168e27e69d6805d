#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/check/rules.h"

namespace lcr {

void check_coverage(const CheckContext& context) {
  std::vector<uint32_t> left;
  bool any = false;
  for (const Assignment& assignment : context.typed.assignments) any = any || assignment.kind != Assignment::Kind::Keep;
  for (const ModuleClass& one : context.classes) {
    const Assignment& assignment = context.assignment(one);
    if (one.kind != ModuleKind::Linear || !has(one.roles, Role::Decoder) || has(one.roles, Role::Router)) continue;
    if (assignment.rule < 0 && assignment.prune_rule < 0) left.insert(left.end(), one.modules.begin(), one.modules.end());
  }
  bool stores_codes = false;
  for (const Export& to : context.recipe.exports) stores_codes = stores_codes || to.format == Export::Format::CompressedTensors;
  if (!any && stores_codes && !context.recipe.rules.empty()) {
    context.diagnostics.report(Code::L4064, context.recipe.exports[0].span, "no module is quantized", "writes the weights as they are")
        .help("`export dense` says that this is meant");
    return;
  }
  if (!any || left.empty()) return;
  Diagnostic& diagnostic = context.diagnostics.report(Code::L4065, context.recipe.default_span,
                                                      fmt::format("{} of the decoder are left to `default`", count_of(left.size())));
  name_units(diagnostic, context.graph, left);
}

}  // namespace lcr
