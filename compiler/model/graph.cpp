#include "compiler/model/graph.h"

#include <bit>

namespace lcr {
namespace {

constexpr std::string_view op_names[] = {
    "input",   "parameter", "linear",   "embedding",     "learned_positions", "rms_norm",        "layer_norm",
    "unit_rms", "l2_norm",  "rope",     "attend",        "activate",          "add",             "subtract",
    "multiply", "divide",   "softcap",  "clamp",         "normalize",         "softmax",         "log1p",
    "negate",  "split",     "every",    "concat",        "view",              "f32",             "native",
    "top_k",   "dispatch",  "causal_conv", "conv1d",     "delta_rule",        "ssm_scan",        "temperature",
    "patch_embedding", "prepend", "drop_first", "merge_patches", "pool_patches", "scatter",      "call"};
static_assert(std::size(op_names) == static_cast<size_t>(Op::Call) + 1);

constexpr std::string_view kind_names[] = {"linear", "embedding", "norm", "conv", "parameter", "positions", "opaque"};
static_assert(std::size(kind_names) == static_cast<size_t>(ModuleKind::Opaque) + 1);

}  // namespace

std::string_view name_of(Op op) { return op_names[static_cast<size_t>(op)]; }

std::string_view name_of(ModuleKind kind) { return kind_names[static_cast<size_t>(kind)]; }

const std::vector<std::string>& role_names() {
  // In the order of the bits.
  static const std::vector<std::string> names{"decoder", "attention", "linear_attention", "mlp",   "embedding", "head",
                                              "router",  "expert",    "vision",           "audio", "projector", "mtp"};
  return names;
}

std::string_view name_of(Role role) {
  return role_names()[static_cast<size_t>(std::countr_zero(static_cast<uint32_t>(role)))];
}

std::optional<Role> role_named(std::string_view name) {
  const auto& names = role_names();
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Role>(uint32_t{1} << i);
  return std::nullopt;
}

const TensorView* ModelGraph::weight(const Module& module) const {
  if (module.tied_to >= 0) return nullptr;
  const auto& declared = declaration(module).tensors;
  for (uint32_t i = 0; i < module.tensor_count; ++i)
    if (declared[i].name == "weight" || declared[i].name.empty()) return &tensors[module.first_tensor + i];
  return nullptr;
}

}  // namespace lcr
