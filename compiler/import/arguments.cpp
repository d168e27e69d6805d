#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/scheme.h"

namespace lcr::foreign {
namespace {

// `strategy` of QuantizationArgs, or what follows from the group size.
std::string strategy_of(Keys& keys, std::optional<int64_t> group) {
  if (auto strategy = keys.text("strategy")) return *strategy;
  if (group && *group > 0) return "group";
  return group && *group == -1 ? "channel" : "tensor";
}

std::optional<Per> per_of(std::string_view strategy) {
  if (strategy == "tensor") return Per::Tensor;
  if (strategy == "channel") return Per::Channel;
  if (strategy == "token") return Per::Token;
  if (strategy == "block") return Per::Block;
  if (strategy == "attn_head") return Per::Head;
  if (strategy == "group" || strategy == "tensor_group") return Per::Group;
  return std::nullopt;
}

// `[128, 128]` or the older "128x128".
bool read_block(Keys& keys, Format& format) {
  const Node* node = keys.take("block_structure");
  if (node == nullptr) return true;
  std::optional<int64_t> rows, columns;
  if (node->kind == Node::Kind::List && node->items.size() == 2) {
    rows = integer_of(node->items[0]), columns = integer_of(node->items[1]);
  } else if (const size_t by = node->text.find('x'); node->kind == Node::Kind::Scalar && by != std::string::npos) {
    rows = integer_of({Node::Kind::Scalar, node->text.substr(0, by), false, {}, {}, {}});
    columns = integer_of({Node::Kind::Scalar, node->text.substr(by + 1), false, {}, {}, {}});
  }
  if (!rows || !columns || *rows < 1 || *columns < 1) {
    keys.diagnostics().report(codes::L7051, node->span, "`block_structure` is two positive whole numbers");
    return false;
  }
  format.block_rows = *rows, format.block_columns = *columns;
  return true;
}

// Scales as bytes of powers of two are microscaling; e4m3 ones stand below a scale of the tensor.
void read_scale(Keys& keys, Format& format, bool tensor_group, FormatPlace place) {
  std::string dtype = keys.text("scale_dtype").value_or("");
  if (dtype.starts_with("torch.")) dtype.erase(0, 6);
  const bool small_groups = format.per == Per::Group && format.group == 32;
  if (tensor_group && format.element == Element::Fp4) {
    format.scale = ScaleType::E4M3;
    format.global = true;
  } else if (dtype == "uint8" || (format.element == Element::Fp4 && small_groups && dtype.empty())) {
    format.scale = ScaleType::E8M0;
  } else if (dtype == "float8_e4m3fn") {
    format.scale = ScaleType::E4M3;
  } else if (!dtype.empty() && place == FormatPlace::Weights) {
    if (dtype == "bfloat16") format.scale = ScaleType::BF16;
    if (dtype == "float16") format.scale = ScaleType::F16;
    if (dtype == "float32") format.scale = ScaleType::F32;
  }
}

void read_dynamic(Keys& keys, Format& format, bool tensor_group, FormatPlace place) {
  const Node* node = keys.take("dynamic");
  if (node == nullptr) return;
  const std::optional<bool> truth = truth_of(*node);
  const bool local = node->text == "local";
  if (!truth && !local) {
    keys.diagnostics().report(codes::L7051, node->span,
                              fmt::format("`dynamic` is {} where true, false or \"local\" stands", describe(*node)));
  } else if (local && !tensor_group) {
    keys.diagnostics().report(codes::L7051, node->span, "`dynamic` is \"local\" without the strategy `tensor_group`");
  } else if (truth.value_or(false) && place == FormatPlace::Weights) {
    keys.diagnostics().report(codes::L7053, node->span,
                              "weights with scales at run time have no equivalent: codes are stored with their scales");
  } else {
    format.dynamic = local || *truth;
  }
}

// The language's own rules on formats, shown at the foreign text.
void check_format(const Format& format, FormatPlace place, const Node& node, Diagnostics& diagnostics) {
  FormatDraft draft{format.element, format.bits, format.per, format.group, format.block_rows, format.block_columns,
                    {}, {}, format.global, {}};
  if (format.element == Element::Int) draft.symmetric = format.symmetric;
  if (format.scale != ScaleType::Model) draft.scale = format.scale;
  if (place != FormatPlace::Weights) draft.dynamic = format.dynamic;
  for (const FormatFault& fault : check(draft, place))
    diagnostics.report(codes::L7053, node.span, fmt::format("{} have no equivalent: {}", name_of(place), fault.message))
        .help(fault.help);
}

}  // namespace

std::optional<Arguments> read_arguments(const Node& node, FormatPlace place, Diagnostics& diagnostics) {
  Diagnostics found;
  Keys keys(node, std::string(name_of(place)), found);
  Arguments result;
  result.span = node.span;
  Format& format = result.format;
  format.bits = static_cast<int>(keys.integer("num_bits").value_or(8));
  const std::string type = keys.text("type").value_or("int");
  const auto group = keys.integer("group_size");
  const std::string strategy = strategy_of(keys, group);
  const bool tensor_group = strategy == "tensor_group";
  if (type == "float" || type == "FLOAT") {
    format.element = format.bits == 4 ? Element::Fp4 : Element::Fp8;
    if (format.bits != 4 && format.bits != 8)
      found.report(codes::L7053, node.span,
                   fmt::format("floats of {} bits have no equivalent: only 4 and 8 bits are stored", format.bits));
  } else if (type != "int" && type != "INT") {
    found.report(codes::L7052, node.find("type")->span, fmt::format("`{}` is no type of numbers", type)).help("`int` or `float`");
  } else if (format.bits < 1 || format.bits > 8) {
    found.report(codes::L7053, node.span,
                 fmt::format("integers of {} bits have no equivalent: 1 to 8 bits are stored", format.bits));
  }
  if (const auto per = per_of(strategy))
    format.per = *per;
  else
    found.report(codes::L7052, node.find("strategy")->span, fmt::format("`{}` is no strategy", strategy))
        .help("tensor, channel, token, group, tensor_group, block or attn_head");
  if (format.per == Per::Group) format.group = group.value_or(0);
  format.symmetric = keys.truth("symmetric").value_or(true);
  if (format.element != Element::Int && !format.symmetric)
    found.report(codes::L7053, node.span, "floats with zero points have no equivalent");
  read_block(keys, format);
  read_scale(keys, format, tensor_group, place);
  read_dynamic(keys, format, tensor_group, place);
  if (const Node* order = keys.take("actorder")) {
    if (place == FormatPlace::Weights) result.order = order->text;
    else found.report(codes::L7051, order->span, "`actorder` orders the columns of weights, and these are activations");
  }
  keys.take("zp_dtype");
  const Node* observer = keys.take("observer");
  const Node* kwargs = keys.take("observer_kwargs");
  if (!found.has_errors()) check_format(format, place, node, found);
  if (!found.has_errors())
    result.observer = read_observer(observer, kwargs, format, place, node.span, found).value_or("");
  keys.close();
  const bool failed = found.has_errors();
  diagnostics.append(std::move(found));
  if (failed) return std::nullopt;
  return result;
}

}  // namespace lcr::foreign
