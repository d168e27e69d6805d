#include "compiler/language/format.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "compiler/language/encoding.h"
#include "compiler/language/format_rules.h"

namespace lcr {
namespace {

std::string per_text(const Format& format) {
  switch (format.per) {
    case Per::Group: return fmt::format("group({})", format.group);
    case Per::Block: return fmt::format("block({}, {})", format.block_rows, format.block_columns);
    default: return std::string(name_of(format.per));
  }
}

}  // namespace

bool Precision::same(const Precision& other) const {
  return weights == other.weights && input == other.input && output == other.output && container == other.container;
}

std::string to_string(const Format& format, bool weights) {
  std::string text = element_name(format.element, format.bits);
  text += "(per = " + per_text(format);
  if (format.element == Element::Int) text += fmt::format(", symmetric = {}", format.symmetric);
  if (format.scale != ScaleType::Model) text += fmt::format(", scale = {}", name_of(format.scale));
  if (format.global) text += ", global = static";
  if (!weights) text += fmt::format(", dynamic = {}", format.dynamic);
  return text + ")";
}

std::string to_string(const Format& format) { return to_string(format, !format.dynamic); }

std::string to_string(const Precision& precision) {
  std::string text;
  auto add = [&](std::string_view field, const std::string& value) {
    text += fmt::format("{}{} = {}", text.empty() ? "{ " : "  ", field, value);
  };
  if (precision.weights) add("weights", to_string(*precision.weights, true));
  if (precision.input) add("input", to_string(*precision.input, false));
  if (precision.output) add("output", to_string(*precision.output, false));
  if (precision.container != Container::None) add("container", std::string(name_of(precision.container)));
  return text.empty() ? "{ }" : text + " }";
}

double largest(const Format& format) {
  switch (format.element) {
    case Element::Int: return std::ldexp(1.0, format.bits - 1) - 1;
    case Element::Fp4: return 6;
    case Element::Fp8: return 448;
  }
  return 0;
}

double smallest(const Format& format) {
  return format.element == Element::Int ? -std::ldexp(1.0, format.bits - 1) : -largest(format);
}

int64_t stored_bits(const Format& weights, Container container, int64_t out, int64_t in, int model_bits) {
  Precision precision;
  precision.weights = weights;
  precision.container = container;
  Dtype model = model_bits == 32 ? Dtype::F32 : model_bits == 64 ? Dtype::F64 : Dtype::BF16;
  Encoding encoding = plan_encoding(precision, out, in, model);
  int64_t bytes = 0;
  for (Part part : {Part::Codes, Part::Scales, Part::ZeroPoints, Part::GlobalScale}) {
    if (const EncodedTensor* tensor = encoding.find(part)) bytes += tensor->bytes();
  }
  return bytes * 8;
}

}  // namespace lcr
