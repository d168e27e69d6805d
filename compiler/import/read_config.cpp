#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/program.h"

namespace lcr::foreign {
namespace {

// The configuration within a config.json: at the top, in its text part, or under the older name; else the text itself.
const Node* configuration(const Node& root) {
  for (const char* key : {"quantization_config", "compression_config"}) {
    if (const Node* node = root.find(key)) return node;
    if (const Node* text = root.find("text_config"))
      if (const Node* node = text->find(key)) return node;
  }
  return root.find("quant_method") != nullptr || root.find("config_groups") != nullptr ? &root : nullptr;
}

// A text of one word for the language's readers: `quant_method: fp8` with blocks, as some models are published.
void read_fp8(Keys& keys, QuantizePass& pass) {
  Scheme scheme;
  scheme.span = keys.node().span;
  Arguments weights, input;
  weights.span = input.span = scheme.span;
  weights.format.element = input.format.element = Element::Fp8;
  const Node* block = keys.take("weight_block_size");
  const std::string activations = keys.text("activation_scheme").value_or("dynamic");
  input.format.dynamic = activations == "dynamic";
  if (block != nullptr && block->items.size() == 2) {
    weights.format.per = Per::Block;
    weights.format.block_rows = integer_of(block->items[0]).value_or(128);
    weights.format.block_columns = integer_of(block->items[1]).value_or(128);
    input.format.per = Per::Group;
    input.format.group = weights.format.block_columns;
  } else {
    input.format.per = input.format.dynamic ? Per::Token : Per::Tensor;
  }
  scheme.precision.weights = weights.format;
  scheme.precision.input = input.format;
  for (const Precision& one : standard_schemes())
    if (one.same(scheme.precision)) scheme.precision.name = one.name, scheme.preset = true;
  if (!scheme.preset) scheme.precision.name = scheme_name(scheme.precision);
  scheme.weights = weights;
  scheme.input = input;
  pass.schemes.push_back(std::move(scheme));
  Target linear;
  linear.kind = Target::Kind::Linear;
  linear.text = "Linear";
  linear.span = keys.node().span;
  pass.claims.push_back({std::move(linear), 0});
  for (const char* key : {"modules_to_not_convert", "ignored_layers"})
    for (Target& target : read_targets(keys.texts(key), keys.diagnostics())) pass.ignore.push_back(std::move(target));
  for (const char* key : {"fmt", "scale_fmt"}) keys.leave_out(key, "codes are e4m3 and scales are floats");
}

void read_compressed_tensors(Keys& keys, QuantizePass& pass, Program& program) {
  const auto format = keys.text("format");
  const Node* groups = keys.take("config_groups");
  if (groups != nullptr) read_groups(*groups, format, pass, program, keys.diagnostics());
  pass.ignore = read_targets(keys.texts("ignore"), keys.diagnostics());
  if (const Node* cache = keys.take("kv_cache_scheme")) read_cache_scheme(*cache, program, keys.diagnostics());
  keys.refuse("sparsity_config", "compressed sparse checkpoints are read by no server of today");
  keys.refuse("transform_config", "a configuration of transforms does not say which statement made it");
  for (const char* key : {"quantization_status", "global_compression_ratio", "version", "run_compressed"})
    keys.take(key);
}

}  // namespace

bool is_checkpoint_config(const Node& root) {
  return root.kind == Node::Kind::Map && (configuration(root) != nullptr || root.find("model_type") != nullptr);
}

std::optional<Program> read_checkpoint_config(const Node& root, Diagnostics& diagnostics) {
  const Node* node = configuration(root);
  if (node == nullptr || node->kind != Node::Kind::Map) {
    diagnostics.report(codes::L7051, root.span, "the configuration has no `quantization_config`")
        .help("the checkpoint is not quantized");
    return std::nullopt;
  }
  Diagnostics found;
  Program program;
  program.checkpoint = true;
  QuantizePass pass;
  pass.modifier = "quantization_config";
  pass.span = node->span;
  Keys keys(*node, "quantization_config", found);
  const Node* method = keys.take("quant_method");
  if (method == nullptr || method->text == "compressed-tensors") {
    read_compressed_tensors(keys, pass, program);
  } else if (method->text == "fp8") {
    read_fp8(keys, pass);
  } else {
    found.report(codes::L7053, method->span, fmt::format("checkpoints of `{}` have no equivalent", method->text))
        .help("compressed-tensors and fp8 are read");
    diagnostics.append(std::move(found));
    return std::nullopt;
  }
  keys.close();
  if (!pass.claims.empty()) program.quantize.push_back(std::move(pass));
  if (program.quantize.empty() && program.caches.empty() && !found.has_errors())
    found.report(codes::L7051, node->span, "the configuration quantizes nothing");
  const bool failed = found.has_errors();
  diagnostics.append(std::move(found));
  if (failed) return std::nullopt;
  return program;
}

}  // namespace lcr::foreign
