#include <fmt/format.h>

#include "compiler/language/format_rules.h"

namespace lcr {

std::string element_name(Element element, int bits) {
  switch (element) {
    case Element::Fp4: return "fp4";
    case Element::Fp8: return "fp8";
    case Element::Int: break;
  }
  return fmt::format("int{}", bits);
}

std::string_view name_of(Per per) {
  switch (per) {
    case Per::Tensor: return "tensor";
    case Per::Channel: return "channel";
    case Per::Token: return "token";
    case Per::Head: return "head";
    case Per::Group: return "group";
    case Per::Block: return "block";
  }
  return {};
}

std::string_view name_of(ScaleType scale) {
  switch (scale) {
    case ScaleType::Model: return "model";
    case ScaleType::E4M3: return "e4m3";
    case ScaleType::E8M0: return "e8m0";
    case ScaleType::F32: return "f32";
    case ScaleType::BF16: return "bf16";
    case ScaleType::F16: return "f16";
  }
  return {};
}

std::string_view name_of(Container container) {
  switch (container) {
    case Container::None: return "none";
    case Container::Packed: return "packed";
    case Container::Bytes: return "bytes";
  }
  return {};
}

std::string_view name_of(FormatPlace place) {
  switch (place) {
    case FormatPlace::Weights: return "weights";
    case FormatPlace::Input: return "input";
    case FormatPlace::Output: return "output";
    case FormatPlace::Cache: return "cache";
  }
  return {};
}

std::optional<Per> per_named(std::string_view name) {
  for (Per per : {Per::Tensor, Per::Channel, Per::Token, Per::Head, Per::Group, Per::Block}) {
    if (name_of(per) == name) return per;
  }
  return std::nullopt;
}

// The model's dtype is what is meant when nothing is written, so it has no word of its own.
std::optional<ScaleType> scale_named(std::string_view name) {
  for (ScaleType scale : {ScaleType::E4M3, ScaleType::E8M0, ScaleType::F32, ScaleType::BF16, ScaleType::F16}) {
    if (name_of(scale) == name) return scale;
  }
  return std::nullopt;
}

std::optional<FormatDraft> constructor(std::string_view name) {
  FormatDraft draft;
  if (name == "fp4" || name == "fp8") {
    draft.element = name == "fp4" ? Element::Fp4 : Element::Fp8;
    draft.bits = name == "fp4" ? 4 : 8;
    return draft;
  }
  if (name.size() != 4 || !name.starts_with("int") || name[3] < '1' || name[3] > '8') return std::nullopt;
  draft.bits = name[3] - '0';
  return draft;
}

const std::vector<std::string>& constructor_names() {
  static const std::vector<std::string> names = {"int1", "int2", "int3", "int4", "int5",
                                                 "int6", "int7", "int8", "fp4",  "fp8"};
  return names;
}

const std::vector<std::string>& format_field_names() {
  static const std::vector<std::string> names = {"per", "symmetric", "scale", "global", "dynamic"};
  return names;
}

Format finish(const FormatDraft& draft) {
  Format format;
  format.element = draft.element;
  format.bits = draft.bits;
  format.per = draft.per.value_or(Per::Tensor);
  format.group = draft.group;
  format.block_rows = draft.block_rows;
  format.block_columns = draft.block_columns;
  format.symmetric = draft.symmetric.value_or(true);
  format.scale = draft.scale.value_or(ScaleType::Model);
  format.global = draft.global;
  format.dynamic = draft.dynamic.value_or(false);
  return format;
}

}  // namespace lcr
