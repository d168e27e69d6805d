#include "compiler/check/carried.h"

#include <algorithm>

#include "compiler/check/source_config.h"

namespace lcr {
namespace {

// Blocks with their own scale; readers quantize the input in groups as wide as a block.
Precision fp8_blocks(const Json* quantization) {
  Precision precision;
  precision.name = "FP8_BLOCK";
  precision.weights.emplace();
  precision.weights->element = Element::Fp8;
  precision.weights->per = Per::Block;
  precision.weights->block_rows = precision.weights->block_columns = 128;
  const Json* size = quantization == nullptr ? nullptr : quantization->find("weight_block_size");
  if (size != nullptr && size->items.size() == 2) {
    precision.weights->block_rows = size->items[0].integer;
    precision.weights->block_columns = size->items[1].integer;
  }
  precision.input.emplace();
  precision.input->element = Element::Fp8;
  precision.input->per = Per::Group;
  precision.input->group = precision.weights->block_columns;
  precision.input->dynamic = true;
  return precision;
}

int32_t entry(TypedRecipe& typed, const Precision& precision) {
  const auto at = std::find_if(typed.carried.begin(), typed.carried.end(), [&](const Precision& known) { return known.same(precision); });
  if (at == typed.carried.end()) {
    typed.carried.push_back(precision);
    return static_cast<int32_t>(typed.carried.size() - 1);
  }
  return static_cast<int32_t>(at - typed.carried.begin());
}

}  // namespace

void carry_source_precisions(const ModelGraph& graph, const Checkpoint& checkpoint, TypedRecipe& typed, std::vector<uint32_t>& lost) {
  const bool any = std::any_of(graph.modules.begin(), graph.modules.end(), [](const Module& module) { return module.source_codec != 0; });
  if (!any) return;
  const std::optional<Json> config = parse_json(checkpoint.config_text);
  const Json* quantization = config ? config->find("quantization_config") : nullptr;
  std::optional<SourceConfig> source;
  typed.carried_of_module.assign(graph.modules.size(), -1);
  for (uint32_t m = 0; m < graph.modules.size(); ++m) {
    const Module& module = graph.modules[m];
    const Assignment& assignment = typed.assignments[typed.of_module[m]];
    if (module.source_codec == 0 || assignment.kind != Assignment::Kind::Keep || assignment.dequantize || assignment.pruner) continue;
    const auto codec = static_cast<TensorView::Codec>(module.source_codec);
    std::optional<Precision> found;
    if (codec == TensorView::Codec::Fp8Block) found = fp8_blocks(quantization);
    if (codec == TensorView::Codec::CompressedTensors && quantization != nullptr) {
      if (!source) source.emplace(*quantization);
      found = source->precision(module.path, module.kind == ModuleKind::Embedding ? "Embedding" : "Linear");
    }
    if (found) typed.carried_of_module[m] = entry(typed, *found);
    else lost.push_back(m);
  }
}

}  // namespace lcr
