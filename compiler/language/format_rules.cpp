#include "compiler/language/format_rules.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/precision.h"
#include "compiler/language/encoding.h"

namespace lcr {
namespace {

std::string_view legal_areas(FormatPlace place) {
  switch (place) {
    case FormatPlace::Weights: return "tensor, channel, group(N) or block(R, C)";
    case FormatPlace::Cache: return "tensor, head or group(N)";
    default: return "tensor, token or group(N)";
  }
}

bool legal(Per per, FormatPlace place) {
  if (per == Per::Tensor || per == Per::Group) return true;
  if (place == FormatPlace::Weights) return per == Per::Channel || per == Per::Block;
  return place == FormatPlace::Cache ? per == Per::Head : per == Per::Token;
}

// One fault at most: the first of the list.
std::optional<FormatFault> check_per(const FormatDraft& draft, FormatPlace place) {
  std::string name = element_name(draft.element, draft.bits);
  if (!draft.per) {
    return FormatFault{codes::L4003, "", fmt::format("`{}` does not say what shares one scale", name),
                       fmt::format("write `per = ...`: {}", legal_areas(place))};
  }
  if (!legal(*draft.per, place)) {
    return FormatFault{codes::L4005, "per",
                       fmt::format("{} cannot be scaled per {}",
                                   place == FormatPlace::Weights ? "weights" : fmt::format("the {}", name_of(place)),
                                   name_of(*draft.per)),
                       fmt::format("here it is {}", legal_areas(place))};
  }
  if (draft.per == Per::Token && draft.dynamic == false) {
    return FormatFault{codes::L4006, "per", "the scale of a token is not known before the token is seen",
                       "write `dynamic = true`, or `per = tensor` for a calibrated scale"};
  }
  return std::nullopt;
}

std::optional<FormatFault> check_symmetric(const FormatDraft& draft) {
  if (draft.element == Element::Int) {
    if (draft.symmetric) return std::nullopt;
    return FormatFault{codes::L4003, "", fmt::format("`int{}` does not say whether it is symmetric", draft.bits),
                       "write `symmetric = true`, or `symmetric = false` for zero points"};
  }
  if (!draft.symmetric) return std::nullopt;
  return FormatFault{
      codes::L4004, "symmetric",
      fmt::format("`symmetric` is said of `{}`, which has no zero points", element_name(draft.element, draft.bits)),
      "leave it out: only `int1` to `int8` can be asymmetric"};
}

std::optional<FormatFault> check_scale(const FormatDraft& draft) {
  if (draft.element == Element::Fp4 && !draft.scale) {
    return FormatFault{codes::L4003, "", "`fp4` does not say how its scales are stored",
                       "write `scale = e4m3` (NVFP4) or `scale = e8m0` (MXFP4)"};
  }
  if (draft.scale == ScaleType::E8M0 && draft.per && !(draft.per == Per::Group && draft.group == 32)) {
    return FormatFault{codes::L4007, "scale", "an `e8m0` scale stands for a group of 32 and no other area",
                       "write `per = group(32)`, or another `scale`"};
  }
  return std::nullopt;
}

std::optional<FormatFault> check_global(const FormatDraft& draft) {
  if (!draft.global || (draft.per == Per::Group && draft.scale == ScaleType::E4M3)) return std::nullopt;
  return FormatFault{codes::L4010, "global", "a global scale stands above `e4m3` scales of groups only",
                     "write `per = group(16), scale = e4m3`, or leave `global` out"};
}

std::optional<FormatFault> check_dynamic(const FormatDraft& draft, FormatPlace place) {
  if (place == FormatPlace::Weights) {
    if (!draft.dynamic) return std::nullopt;
    return FormatFault{codes::L4004, "dynamic", "`dynamic` is said of weights, whose scales are always stored",
                       "leave it out"};
  }
  if (draft.dynamic) return std::nullopt;
  return FormatFault{codes::L4003, "",
                     fmt::format("the {} format does not say when its scales are found", name_of(place)),
                     "write `dynamic = true` for scales at run time, or `dynamic = false` for calibrated ones"};
}

}  // namespace

std::vector<FormatFault> check(const FormatDraft& draft, FormatPlace place) {
  std::vector<FormatFault> faults;
  for (std::optional<FormatFault> fault : {check_per(draft, place), check_symmetric(draft), check_scale(draft),
                                           check_global(draft), check_dynamic(draft, place)}) {
    if (fault) faults.push_back(std::move(*fault));
  }
  return faults;
}

std::optional<FormatFault> check(const Precision& precision) {
  if (!precision.weights) {
    return FormatFault{codes::L4011, "", "a scheme says no `weights`",
                       "write `weights = ...`; caches take a bare format in the rule instead of a scheme"};
  }
  bool mixed = precision.weights->element == Element::Int && precision.input;
  if (mixed && precision.container == Container::None) {
    return FormatFault{codes::L4008, "", "integer weights that meet quantized inputs need a `container`",
                       "write `container = packed` or `container = bytes`: servers choose a different kernel for each"};
  }
  if (!mixed && precision.container != Container::None) {
    return FormatFault{codes::L4009, "container", "`container` is said where only one way of storing exists",
                       "leave it out: it exists where integer weights meet quantized inputs"};
  }
  if (std::optional<std::string> reason = unstorable(precision)) {
    return FormatFault{codes::L4014, "weights", fmt::format("no container stores these weights: {}", *reason),
                       "see `std.schemes` for the formats that servers read"};
  }
  return std::nullopt;
}

}  // namespace lcr
