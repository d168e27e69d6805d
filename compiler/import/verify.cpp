#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/import.h"
#include "compiler/import/reference.h"

namespace lcr::foreign {
namespace {

std::string words(const Precision* precision) { return precision == nullptr ? "kept" : precision->name; }

}  // namespace

void verify_import(const Imported& imported, const TypedRecipe& typed, const ModelGraph& graph,
                   Diagnostics& diagnostics) {
  const TargetMatcher model(graph);
  const std::vector<const Scheme*> wanted = reference_schemes(imported.program, model);
  const std::vector<bool> pruned = reference_pruned(imported.program, model);
  std::vector<std::string> differing;
  for (size_t m = 0; m < wanted.size(); ++m) {
    const Assignment& assignment = typed.assignments[typed.of_module[m]];
    const Precision* made = assignment.precision ? &*assignment.precision : nullptr;
    const Precision* meant = wanted[m] == nullptr ? nullptr : &wanted[m]->precision;
    const bool same = (made == nullptr) == (meant == nullptr) && (made == nullptr || made->same(*meant));
    const bool cut = assignment.amount.has_value() || assignment.pruner.has_value();
    if (same && cut == pruned[m]) continue;
    differing.push_back(fmt::format("{}: {} there, {} here", graph.modules[m].path, words(meant), words(made)));
  }
  if (differing.empty()) return;
  Diagnostic& diagnostic = diagnostics.report(
      codes::L7057, fmt::format("the translation differs from the original in {} modules", differing.size()));
  for (size_t i = 0; i < std::min<size_t>(5, differing.size()); ++i) diagnostic.note(differing[i]);
  diagnostic.help("please report it; until then write the rules of these modules by hand");
}

}  // namespace lcr::foreign
