#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/language/format.h"
#include "compiler/syntax/tree.h"

namespace lcr {

// A format of which some fields do not matter: `int(per = channel | group, symmetric = true)`.
struct FormatPattern {
  bool none = false;  // not quantized
  bool any = false;   // quantized or not
  std::optional<Element> element;
  std::optional<int> bits;
  std::vector<Per> per;  // empty: any
  std::optional<int64_t> group, block_rows, block_columns;
  std::optional<bool> symmetric, dynamic, global;
  std::optional<ScaleType> scale;
};

// What a serving text says of one place; alternatives.
using PlacePattern = std::vector<FormatPattern>;

// A place that the text does not name is not quantized in an `accept`, and does not matter in a `when`.
struct PrecisionPattern {
  std::optional<PlacePattern> weights, input, output, cache;
  std::vector<Container> container;  // empty: any
  bool complete = true;              // an accept: places that are not named must be empty
};

bool matches(const FormatPattern& pattern, const std::optional<Format>& format);
bool matches(const PrecisionPattern& pattern, const Precision& precision);
// The places that do not match, with what the pattern wants there: "input = none".
std::vector<std::string> mismatches(const PrecisionPattern& pattern, const Precision& precision);
std::string to_string(const FormatPattern& pattern);
std::string to_string(const PlacePattern& pattern);

// Reads one field's value; nothing after a report.
std::optional<PlacePattern> read_place(const syntax::Value& value, Diagnostics& diagnostics);

}  // namespace lcr
