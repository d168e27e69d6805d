#include "compiler/check/pattern.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/language/format_rules.h"

namespace lcr {
namespace {

template <typename Value>
bool fits(const std::optional<Value>& wanted, const Value& given) {
  return !wanted || *wanted == given;
}

bool matches(const PlacePattern& pattern, const std::optional<Format>& format) {
  return std::any_of(pattern.begin(), pattern.end(),
                     [&](const FormatPattern& one) { return lcr::matches(one, format); });
}

bool place_fits(const std::optional<PlacePattern>& pattern, bool complete, const std::optional<Format>& format) {
  if (pattern) return matches(*pattern, format);
  return !complete || !format;
}

void note(std::vector<std::string>& found, std::string_view place, const std::optional<PlacePattern>& pattern,
          bool complete, const std::optional<Format>& format) {
  if (place_fits(pattern, complete, format)) return;
  found.push_back(fmt::format("{} = {}", place, pattern ? to_string(*pattern) : "none"));
}

bool container_fits(const PrecisionPattern& pattern, Container container) {
  return pattern.container.empty() ||
         std::find(pattern.container.begin(), pattern.container.end(), container) != pattern.container.end();
}

}  // namespace

bool matches(const FormatPattern& pattern, const std::optional<Format>& format) {
  if (pattern.any) return true;
  if (!format) return pattern.none;
  if (pattern.none) return false;
  return fits(pattern.element, format->element) && fits(pattern.bits, format->bits) &&
         (pattern.per.empty() || std::find(pattern.per.begin(), pattern.per.end(), format->per) != pattern.per.end()) &&
         fits(pattern.group, format->group) && fits(pattern.block_rows, format->block_rows) &&
         fits(pattern.block_columns, format->block_columns) && fits(pattern.symmetric, format->symmetric) &&
         fits(pattern.dynamic, format->dynamic) && fits(pattern.global, format->global) &&
         fits(pattern.scale, format->scale);
}

bool matches(const PrecisionPattern& pattern, const Precision& precision) {
  return place_fits(pattern.weights, pattern.complete, precision.weights) &&
         place_fits(pattern.input, pattern.complete, precision.input) &&
         place_fits(pattern.output, pattern.complete, precision.output) && container_fits(pattern, precision.container);
}

std::vector<std::string> mismatches(const PrecisionPattern& pattern, const Precision& precision) {
  std::vector<std::string> found;
  note(found, "weights", pattern.weights, pattern.complete, precision.weights);
  note(found, "input", pattern.input, pattern.complete, precision.input);
  note(found, "output", pattern.output, pattern.complete, precision.output);
  if (!container_fits(pattern, precision.container)) {
    std::vector<std::string_view> names;
    for (Container one : pattern.container) names.push_back(one == Container::None ? "none" : name_of(one));
    found.push_back(fmt::format("container = {}", fmt::join(names, " | ")));
  }
  return found;
}

std::string to_string(const FormatPattern& pattern) {
  if (pattern.none) return "none";
  if (pattern.any) return "any";
  std::vector<std::string> fields;
  std::vector<std::string> areas;
  for (Per per : pattern.per) {
    if (per == Per::Group && pattern.group) areas.push_back(fmt::format("group({})", *pattern.group));
    else if (per == Per::Block && pattern.block_rows)
      areas.push_back(fmt::format("block({}, {})", *pattern.block_rows, *pattern.block_columns));
    else areas.emplace_back(name_of(per));
  }
  if (!areas.empty()) fields.push_back(fmt::format("per = {}", fmt::join(areas, " | ")));
  if (pattern.symmetric) fields.push_back(fmt::format("symmetric = {}", *pattern.symmetric));
  if (pattern.scale && *pattern.scale != ScaleType::Model)
    fields.push_back(fmt::format("scale = {}", name_of(*pattern.scale)));
  if (pattern.global && *pattern.global) fields.push_back("global = static");
  if (pattern.dynamic) fields.push_back(fmt::format("dynamic = {}", *pattern.dynamic));
  std::string name = pattern.bits ? element_name(*pattern.element, *pattern.bits) : "int";
  return fields.empty() ? name : fmt::format("{}({})", name, fmt::join(fields, ", "));
}

std::string to_string(const PlacePattern& pattern) {
  std::vector<std::string> parts;
  for (const FormatPattern& one : pattern) parts.push_back(to_string(one));
  return fmt::format("{}", fmt::join(parts, " | "));
}

}  // namespace lcr
