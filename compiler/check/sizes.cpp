#include "compiler/check/sizes.h"

#include "compiler/language/encoding.h"

namespace lcr {
namespace {

int64_t elements(const Dims& shape) {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  return count;
}

// A view of a part of a stored tensor counts its share; a decoded one the share of what is stored.
int64_t view_bytes(const Checkpoint& checkpoint, const TensorView& view, int64_t logical) {
  if (!view.present()) return 0;
  int64_t stored = 0;
  for (uint32_t source : view.sources) stored += static_cast<int64_t>(checkpoint.tensors[source].bytes());
  if (view.codec == TensorView::Codec::None) {
    const StoredTensor& tensor = checkpoint.tensors[view.sources[0]];
    return logical * size_of(tensor.dtype);
  }
  if (view.steps.empty()) return stored;
  // One of several logical tensors in a decoded one: by the number of elements.
  const int64_t whole =
      elements(checkpoint.tensors[view.sources[0]].shape) * (view.codec == TensorView::Codec::Mxfp4 ? 2 : 1);
  return whole == 0 ? 0
                    : static_cast<int64_t>(static_cast<double>(stored) * static_cast<double>(logical) /
                                           static_cast<double>(whole));
}

const Precision* precision_of(const Assignment& assignment) {
  if (assignment.precision) return &*assignment.precision;
  for (const Candidate& candidate : assignment.candidates)
    if (candidate.precision) return &*candidate.precision;
  return nullptr;
}

bool is_untied(const ModelGraph& graph, const TypedRecipe& typed, uint32_t m) {
  for (size_t t = 0; t < graph.ties.size(); ++t)
    if (typed.untied[t] && graph.ties[t].module == m) return true;
  return false;
}

// Of all tensors, or of the weight alone; `precision` null: kept.
int64_t bytes_as(const ModelGraph& graph, const Checkpoint& checkpoint, const TypedRecipe& typed, uint32_t m,
                 const Precision* precision, bool weight_alone) {
  const Module& module = graph.modules[m];
  const TemplateModule& declared = graph.declaration(module);
  const bool rewritten = typed.assignments[typed.of_module[m]].dequantize || precision != nullptr || is_untied(graph, typed, m);
  int64_t total = 0;
  for (uint32_t t = 0; t < module.tensor_count; ++t) {
    const bool weight = declared.tensors[t].name == "weight";
    if (weight_alone && !weight) continue;
    const int64_t count = elements(declared.tensors[t].shape);
    if (!rewritten) total += view_bytes(checkpoint, graph.tensors[module.first_tensor + t], count);
    else if (weight && precision != nullptr && precision->weights)
      total += plan_encoding(*precision, module.out, module.in, graph.dtype).bytes();
    else total += count * size_of(graph.dtype);
  }
  return total;
}

const Precision* decided_precision(const TypedRecipe& typed, uint32_t m) {
  const Assignment& assignment = typed.assignments[typed.of_module[m]];
  return assignment.kind == Assignment::Kind::Keep ? nullptr : precision_of(assignment);
}

}  // namespace

int64_t stored_bytes(const ModelGraph& graph, const Checkpoint& checkpoint, const Module& module) {
  const TemplateModule& declared = graph.declaration(module);
  int64_t total = 0;
  for (uint32_t t = 0; t < module.tensor_count; ++t)
    total += view_bytes(checkpoint, graph.tensors[module.first_tensor + t], elements(declared.tensors[t].shape));
  return total;
}

int64_t exported_bytes(const ModelGraph& graph, const Checkpoint& checkpoint, const TypedRecipe& typed, uint32_t m) {
  return bytes_as(graph, checkpoint, typed, m, decided_precision(typed, m), false);
}

ModuleBytes exported_bytes_as(const ModelGraph& graph, const Checkpoint& checkpoint, const TypedRecipe& typed, uint32_t m,
                              const Precision* precision) {
  return {bytes_as(graph, checkpoint, typed, m, precision, false), bytes_as(graph, checkpoint, typed, m, precision, true)};
}

ModuleBytes exported_bytes_of(const ModelGraph& graph, const Checkpoint& checkpoint, const TypedRecipe& typed, uint32_t m) {
  return exported_bytes_as(graph, checkpoint, typed, m, decided_precision(typed, m));
}

}  // namespace lcr
