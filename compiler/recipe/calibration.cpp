#include <fmt/format.h>

#include "compiler/recipe/blocks.h"
#include "compiler/recipe/fields.h"
#include "compiler/recipe/sources_of_data.h"
#include "compiler/recipe/values.h"

namespace lcr::binding {
namespace {

constexpr FieldSpec fields[] = {
    {"data", "=", true}, {"length", "=", true}, {"pick", "=", true}, {"fit"}, {"sequential"},
    {"route"},           {"coverage", ">="},    {"starved"},
};

constexpr ArgumentSpec random_arguments[] = {{"seed", true}};

// first, random(seed = 42)
void read_pick(Binder& binder, Scope& scope, const syntax::Value& value, Calibration& result) {
  const syntax::Call* call = as_call(value);
  if (!call || call->name.text != "random") {
    if (auto word = read_word(binder, value, {"first", "random"}, "`pick`")) result.pick = *word;
    return;
  }
  result.pick = "random";
  ArgumentMap arguments = read_arguments(binder, *call, random_arguments);
  auto seed = arguments.find("seed");
  if (seed == arguments.end()) return;
  std::optional<int64_t> count = read_count(binder, scope, *seed->second, "`seed`");
  if (count && *count < 0)
    report_range(binder, *seed->second, "`seed`", "at least 0");
  else if (count)
    result.seed = *count;
}

// Lengths and coverages are counted in whole tokens, one at least.
std::optional<int64_t> read_positive_tokens(Binder& binder, Scope& scope, const syntax::Value& value,
                                            std::string_view place) {
  std::optional<int64_t> tokens = read_tokens(binder, scope, value, place);
  if (!tokens || *tokens >= 1) return tokens;
  report_range(binder, value, place, "at least 1tok");
  return std::nullopt;
}

// A field that takes one of a few words; the slot keeps its default where the field is absent or wrong.
void read_choice(Binder& binder, const FieldMap& found, const std::string& name, const std::vector<std::string>& words,
                 std::string& slot) {
  auto field = found.find(name);
  if (field == found.end()) return;
  if (auto word = read_word(binder, field->second->value, words, fmt::format("`{}`", name))) slot = *word;
}

}  // namespace

Calibration read_calibration(Binder& binder, Scope& scope, const syntax::Calibrate& block, Span head) {
  FieldMap found = read_fields(binder, scope, block.fields, fields, "a calibrate block", head);
  Calibration result;
  result.span = head;
  if (auto field = found.find("data"); field != found.end())
    result.data = read_data(binder, scope, field->second->value);
  if (auto field = found.find("length"); field != found.end()) {
    result.length = read_positive_tokens(binder, scope, field->second->value, "`length`").value_or(0);
  }
  if (auto field = found.find("pick"); field != found.end()) read_pick(binder, scope, field->second->value, result);
  if (auto field = found.find("coverage"); field != found.end()) {
    result.coverage = read_positive_tokens(binder, scope, field->second->value, "`coverage`").value_or(1);
  }
  read_choice(binder, found, "fit", {"truncate", "pack", "skip"}, result.fit);
  std::string sequential;
  read_choice(binder, found, "sequential", {"stage", "layer", "none"}, sequential);
  if (!sequential.empty()) result.sequential = sequential;
  read_choice(binder, found, "starved", {"refuse", "rtn"}, result.starved);
  std::string route;
  read_choice(binder, found, "route", {"every_expert", "top_k"}, route);
  if (!route.empty()) result.route = route;
  return result;
}

}  // namespace lcr::binding
