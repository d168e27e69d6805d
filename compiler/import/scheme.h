#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/import/keys.h"
#include "compiler/language/format.h"
#include "compiler/language/format_rules.h"

namespace lcr::foreign {

// A number format of another tool, with what it says about finding scales.
struct Arguments {
  Format format;
  std::string observer;             // as the language writes it; empty: the whole range
  std::optional<std::string> order; // actorder of weights, as written
  Span span;
};

// QuantizationArgs at one place. Reports what the language cannot say; nothing then.
std::optional<Arguments> read_arguments(const Node& node, FormatPlace place, Diagnostics& diagnostics);

// What happens to the targets of a group.
struct Scheme {
  Precision precision;              // no weights: nothing is quantized, or an attention is
  std::optional<Arguments> weights, input, output;
  bool preset = false;              // precision.name is a scheme of the standard library
  Span span;

  bool quantizes() const { return precision.weights.has_value(); }
};

// A preset by its name, in any case. Reports an unknown one.
std::optional<Scheme> read_preset(const Node& name, Diagnostics& diagnostics);

// A group of `config_groups` but for its targets. `format`: how codes are stored where the group does not say it.
std::optional<Scheme> read_scheme(Keys& keys, const std::optional<std::string>& format);

// The observer of a scale, `kwargs` may be null. Static activations of other tools may keep the last batch alone; notes
// say so.
std::optional<std::string> read_observer(const Node* name, const Node* kwargs, const Format& format, FormatPlace place,
                                         Span span, Diagnostics& diagnostics);

// The schemes of the standard library.
const std::vector<Precision>& standard_schemes();
// A name that says what a precision is: W4A16_G64.
std::string scheme_name(const Precision& precision);

}  // namespace lcr::foreign
