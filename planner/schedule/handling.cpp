#include "planner/schedule/handling.h"

#include <numeric>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/planning.h"
#include "planner/plan/expert_cut.h"

namespace lcr {
namespace {

// Sets of modules that are joined by stored tensors which several of them view.
class Joined {
 public:
  explicit Joined(size_t modules) : parent_(modules) { std::iota(parent_.begin(), parent_.end(), 0u); }
  uint32_t root(uint32_t module) {
    while (parent_[module] != module) module = parent_[module] = parent_[parent_[module]];
    return module;
  }
  void join(uint32_t a, uint32_t b) { parent_[root(a)] = root(b); }

 private:
  std::vector<uint32_t> parent_;
};

bool decodes(const ModelGraph& graph, const Module& module) {
  for (uint32_t i = 0; i < module.tensor_count; ++i)
    if (graph.tensors[module.first_tensor + i].codec != TensorView::Codec::None) return true;
  return false;
}

bool stores_weight(const ModelGraph& graph, const Module& module) {
  for (uint32_t i = 0; i < module.tensor_count; ++i)
    if (graph.declaration(module).tensors[i].name == "weight") return graph.tensors[module.first_tensor + i].present();
  return false;
}

// By the module's own assignment alone; stored tensors that it shares come later.
Handling handling_of(const ModelGraph& graph, const Module& module, const Assignment& assignment) {
  if (module.kind == ModuleKind::Opaque) {
    const bool decoded = assignment.kind == Assignment::Kind::Keep && assignment.dequantize && module.source_codec != 0;
    return decoded ? Handling::Dense : Handling::Copied;
  }
  if (assignment.kind == Assignment::Kind::Quantize) return Handling::Solved;
  if (module.tied_to >= 0 && !stores_weight(graph, module)) return Handling::Dense;
  return assignment.dequantize && decodes(graph, module) ? Handling::Dense : Handling::Copied;
}

// Tied weights are written once, unless the recipe separates them.
void share_ties(const TypedRecipe& typed, const ModelGraph& graph, std::vector<Handling>& handling) {
  for (size_t i = 0; i < graph.ties.size(); ++i)
    if (i >= typed.untied.size() || !typed.untied[i]) handling[graph.ties[i].module] = Handling::Shared;
}

// Removed experts are gone before anything is handled.
bool prunes_weights(const Assignment& assignment) { return assignment.pruner && !removes_experts(*assignment.pruner); }

bool written_anew(Handling handling) { return handling == Handling::Dense || handling == Handling::Solved; }

}  // namespace

std::optional<std::vector<Handling>> handle_modules(const Recipe& recipe, const TypedRecipe& typed,
                                                    const ModelGraph& graph, const Checkpoint& checkpoint,
                                                    const Rewrites& rewrites, Diagnostics& diagnostics) {
  const auto count = uint32_t(graph.modules.size());
  std::vector<Handling> handling(count);
  for (uint32_t i = 0; i < count; ++i)
    handling[i] = handling_of(graph, graph.modules[i], typed.assignments[typed.of_module[i]]);
  share_ties(typed, graph, handling);
  for (uint32_t i = 0; i < count; ++i)
    if (handling[i] == Handling::Copied && (rewrites.rewritten(i) || prunes_weights(typed.assignments[typed.of_module[i]])))
      handling[i] = Handling::Dense;

  Joined joined(count);
  // Modules that view one stored tensor decide together whether it is copied.
  std::vector<uint32_t> viewer(checkpoint.tensors.size(), none_id);
  for (uint32_t i = 0; i < count; ++i) {
    const Module& module = graph.modules[i];
    for (uint32_t t = 0; t < module.tensor_count; ++t) {
      for (uint32_t source : graph.tensors[module.first_tensor + t].sources) {
        if (viewer[source] == none_id)
          viewer[source] = i;
        else
          joined.join(i, viewer[source]);
      }
    }
  }
  std::vector<uint32_t> anew(count, none_id);  // of a joined set: one of its members that is written anew
  for (uint32_t i = 0; i < count; ++i)
    if (written_anew(handling[i])) anew[joined.root(i)] = i;

  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t other = anew[joined.root(i)];
    if (handling[i] != Handling::Copied || other == none_id) continue;
    handling[i] = Handling::Dense;
    if (!decodes(graph, graph.modules[i])) continue;
    const int32_t rule = typed.assignments[typed.of_module[i]].rule;
    diagnostics
        .report(codes::L5006, rule >= 0 ? recipe.rules[size_t(rule)].span : recipe.default_span,
                fmt::format("`{}` is kept and `{}`, which is stored in the same quantized tensor, is written anew",
                            graph.modules[i].path, graph.modules[other].path),
                "keeps it")
        .help("`dequantize` both, or keep both");
    return std::nullopt;
  }
  return handling;
}

}  // namespace lcr
