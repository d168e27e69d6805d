#include "compiler/import/scheme.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "compiler/diagnostics/check.h"
#include "compiler/diagnostics/codes/import.h"
#include "compiler/recipe/bind.h"
#include "compiler/syntax/parse.h"
#include "stdlib/stdlib.h"

namespace lcr::foreign {
namespace {

// The names that the library of schemes declares.
std::vector<std::string> declared_names() {
  Sources sources;
  Diagnostics diagnostics;
  const auto text = stdlib::find("std.schemes");
  LCR_CHECK(text.has_value(), "the standard library has no schemes");
  const syntax::File file = syntax::parse(sources, sources.add("std.schemes", std::string(*text)), diagnostics);
  std::vector<std::string> names;
  for (const syntax::Statement& statement : file.statements)
    if (const auto* scheme = std::get_if<syntax::Scheme>(&statement.node)) names.push_back(scheme->name.text);
  return names;
}

// A recipe with a rule for each scheme, read like any other.
std::vector<Precision> bind_schemes() {
  const std::vector<std::string> names = declared_names();
  std::string text =
      fmt::format("language 1\nrecipe \"all\"\nuse std.schemes.{{{}}}\ndefault keep\n", fmt::join(names, ", "));
  text += "calibrate { data = text(\"a\", samples = 1)  length = 1tok  pick = first }\n";
  for (const std::string& name : names) text += fmt::format("quantize `{0}` as {0} with rtn\n", name);
  text += "export dense { dir = \"out\" }\n";
  Sources sources;
  Diagnostics diagnostics;
  const auto recipe = bind_recipe(sources, sources.add("all", text), {}, diagnostics);
  LCR_CHECK(recipe && !diagnostics.has_errors(), "the schemes of the standard library cannot be read");
  std::vector<Precision> result;
  for (const Rule& rule : recipe->rules) result.push_back(*rule.precision);
  return result;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string area(const Format& format) {
  switch (format.per) {
    case Per::Tensor: return "_TENSOR";
    case Per::Channel: return "_CHANNEL";
    case Per::Token: return "";
    case Per::Head: return "_HEAD";
    case Per::Group: return fmt::format("_G{}", format.group);
    case Per::Block: return fmt::format("_B{}X{}", format.block_rows, format.block_columns);
  }
  return "";
}

std::string bits_of(const Format& format) {
  return format.element == Element::Int ? fmt::format("{}", format.bits)
                                        : upper(element_name(format.element, format.bits));
}

std::string side(std::string_view letter, const Format& format) {
  return fmt::format("{}{}{}{}{}", letter, bits_of(format), area(format), format.symmetric ? "" : "_ASYM",
                     format.dynamic ? "" : "_STATIC");
}

// What the other tool stores integers in, where nothing says it: as bytes as soon as activations are quantized.
Container container_of(const Precision& precision, const std::optional<std::string>& format) {
  if (precision.weights->element != Element::Int || !precision.input) return Container::None;
  return format == "pack-quantized" ? Container::Packed : Container::Bytes;
}

const std::vector<std::string> storable = {
    "dense",          "int-quantized",        "float-quantized",      "naive-quantized",
    "pack-quantized", "nvfp4-pack-quantized", "mxfp4-pack-quantized", "mxfp8-quantized",
    "mixed-precision"};

}  // namespace

const std::vector<Precision>& standard_schemes() {
  static const std::vector<Precision> schemes = bind_schemes();
  return schemes;
}

std::string scheme_name(const Precision& precision) {
  const Format& weights = *precision.weights;
  std::string name = fmt::format("W{}{}{}", bits_of(weights), area(weights), weights.symmetric ? "" : "_ASYM");
  if (precision.input) name += side("_A", *precision.input);
  if (precision.output) name += side("_O", *precision.output);
  return precision.container == Container::Packed ? name + "_PACKED" : name;
}

std::optional<Scheme> read_preset(const Node& name, Diagnostics& diagnostics) {
  const std::string wanted = upper(name.text);
  Scheme result;
  result.span = name.span;
  if (wanted == "UNQUANTIZED") return result;
  for (const Precision& one : standard_schemes()) {
    if (one.name != wanted) continue;
    result.precision = one;
    result.preset = true;
    const auto arguments = [&](const std::optional<Format>& format) {
      return format ? std::optional<Arguments>({*format, "", {}, name.span}) : std::nullopt;
    };
    result.weights = arguments(one.weights);
    result.input = arguments(one.input);
    result.output = arguments(one.output);
    if (one.container == Container::Packed)
      diagnostics.report(
          codes::L7055, name.span,
          fmt::format(
              "`{}` is stored packed here, as servers on GPUs read it; the other tool stores a byte a code unless told",
              wanted));
    return result;
  }
  std::vector<std::string> names = {"UNQUANTIZED"};
  for (const Precision& one : standard_schemes()) names.push_back(one.name);
  Diagnostic& diagnostic =
      diagnostics.report(codes::L7052, name.span, fmt::format("`{}` is no scheme that lcr knows", name.text));
  const std::string near = nearest(wanted, names);
  if (!near.empty()) diagnostic.help(fmt::format("did you mean `{}`?", near));
  return std::nullopt;
}

std::optional<Scheme> read_scheme(Keys& keys, const std::optional<std::string>& format) {
  Diagnostics& diagnostics = keys.diagnostics();
  Scheme result;
  result.span = keys.node().span;
  bool failed = false;
  const auto side = [&](std::string_view key, FormatPlace place) -> std::optional<Arguments> {
    const Node* node = keys.take(key);
    if (node == nullptr) return std::nullopt;
    auto arguments = read_arguments(*node, place, diagnostics);
    failed |= !arguments;
    return arguments;
  };
  result.weights = side("weights", FormatPlace::Weights);
  const bool attention = keys.node().find("weights") == nullptr || keys.node().find("weights")->is_null();
  result.input = side("input_activations", attention ? FormatPlace::Cache : FormatPlace::Input);
  result.output = side("output_activations", FormatPlace::Output);
  std::optional<std::string> own = format;
  if (const Node* node = keys.take("format")) {
    own = node->text;
    if (std::find(storable.begin(), storable.end(), node->text) == storable.end()) {
      diagnostics.report(codes::L7053, node->span,
                         fmt::format("the format `{}` has no equivalent: no reader of today loads it", node->text));
      failed = true;
    }
  }
  if (failed) return std::nullopt;
  if (!result.weights) return result;
  Precision& precision = result.precision;
  precision.weights = result.weights->format;
  if (result.input) precision.input = result.input->format;
  if (result.output) precision.output = result.output->format;
  precision.container = container_of(precision, own);
  if (const auto fault = check(precision)) {
    diagnostics.report(codes::L7053, result.span, fmt::format("this group has no equivalent: {}", fault->message))
        .help(fault->help);
    return std::nullopt;
  }
  const auto known = std::find_if(standard_schemes().begin(), standard_schemes().end(),
                                  [&](const Precision& one) { return one.same(precision); });
  result.preset = known != standard_schemes().end();
  precision.name = result.preset ? known->name : scheme_name(precision);
  return result;
}

}  // namespace lcr::foreign
