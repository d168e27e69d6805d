#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/language/format.h"

// The rules on number formats that need no model.
namespace lcr {

// Where a format stands in a recipe; most rules depend on it.
enum class FormatPlace { Weights, Input, Output, Cache };

// A format as far as a text wrote it.
struct FormatDraft {
  Element element = Element::Int;
  int bits = 8;
  std::optional<Per> per;
  int64_t group = 0;
  int64_t block_rows = 0, block_columns = 0;
  std::optional<bool> symmetric;
  std::optional<ScaleType> scale;
  bool global = false;
  std::optional<bool> dynamic;
};

// What is wrong, at which field ("" for the format as a whole), and the way out.
struct FormatFault {
  Code code;
  std::string_view field;
  std::string message;
  std::string help;
};

// `int4`, `fp8`: element and width of a constructor.
std::optional<FormatDraft> constructor(std::string_view name);
const std::vector<std::string>& constructor_names();
const std::vector<std::string>& format_field_names();

// At most one fault a field; none means that finish() gives a legal format.
std::vector<FormatFault> check(const FormatDraft& draft, FormatPlace place);
Format finish(const FormatDraft& draft);

// The rules across the fields of a scheme: weights are there, the container stands exactly where it must, and some
// container stores the result. The field of the fault is one of the scheme.
std::optional<FormatFault> check(const Precision& precision);

std::string element_name(Element element, int bits);
std::string_view name_of(Per per);
std::string_view name_of(ScaleType scale);
std::string_view name_of(Container container);
std::string_view name_of(FormatPlace place);
std::optional<Per> per_named(std::string_view name);
std::optional<ScaleType> scale_named(std::string_view name);

}  // namespace lcr
