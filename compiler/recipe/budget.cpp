#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/recipe/blocks.h"
#include "compiler/recipe/fields.h"
#include "compiler/recipe/selections.h"
#include "compiler/recipe/values.h"

namespace lcr::binding {
namespace {

constexpr FieldSpec fields[] = {
    {"weights", "<=", false, FieldSpec::Over::Must},
    {"active", "<=", false, FieldSpec::Over::Must},
    {"size", "<="},
    {"kl", "<="},
    {"together"},
    {"score", "=", true},
};

// Scores that run the model say on how many rows of the calibration data.
constexpr ArgumentSpec sampled[] = {{"samples", true}};

// In the base unit of the field: bits a weight, bytes or nats. Nothing after a report.
std::optional<double> read_limit(Binder& binder, Scope& scope, const syntax::Field& field, const std::string& place) {
  std::optional<double> limit;
  if (field.name.text == "size") {
    if (auto bytes = read_bytes(binder, scope, field.value, place)) limit = double(*bytes);
  } else if (field.name.text == "kl") {
    limit = read_number(binder, scope, field.value, place);
  } else {
    limit = read_measure(binder, scope, field.value, Dimension::BitsPerWeight, place);
  }
  if (!limit || *limit > 0) return limit;
  report_range(binder, field.value, place, "above 0");
  return std::nullopt;
}

// kl(samples = 128), gradient(samples = 128), hessian, error
void read_score(Binder& binder, Scope& scope, const syntax::Value& value, Budget& result) {
  const syntax::Call* call = as_call(value);
  bool samples = call && (call->name.text == "kl" || call->name.text == "gradient");
  if (!samples) {
    if (auto word = read_word(binder, value, {"kl", "gradient", "hessian", "error"}, "`score`")) result.score = *word;
    return;
  }
  result.score = call->name.text;
  ArgumentMap arguments = read_arguments(binder, *call, sampled);
  auto found = arguments.find("samples");
  if (found == arguments.end()) return;
  std::optional<int64_t> count = read_count(binder, scope, *found->second, "`samples`");
  if (count && *count < 1)
    report_range(binder, *found->second, "`samples`", "at least 1");
  else if (count)
    result.samples = *count;
}

// Selections that get one precision between them, beside fused groups and the experts of a layer.
void read_together(Binder& binder, Scope& scope, const syntax::Value& value, Budget& result) {
  auto* list = std::get_if<syntax::List>(&value.node);
  if (!list) {
    report_type(binder, value, "`together`", "a list of selections")
        .help("write `together = [a, b]`: each moves as one");
    return;
  }
  for (const syntax::Value& item : list->items) {
    if (auto selection = read_weights(binder, scope, item, "`together`"))
      result.together.push_back(std::move(*selection));
  }
}

}  // namespace

Budget read_budget(Binder& binder, Scope& scope, const syntax::Budget& block, Span head) {
  FieldMap found = read_fields(binder, scope, block.fields, fields, "a budget", head);
  Budget result;
  result.span = head;
  for (const char* name : {"weights", "active", "size", "kl"}) {
    auto field = found.find(name);
    if (field == found.end()) continue;
    BudgetLimit limit;
    limit.what = name;
    limit.span = field->second->span;
    std::optional<double> number = read_limit(binder, scope, *field->second, fmt::format("`{}`", name));
    if (field->second->over) limit.over = read_weights(binder, scope, *field->second->over, "`over`");
    limit.limit = number.value_or(0);
    result.limits.push_back(std::move(limit));
  }
  if (result.limits.empty() && !scope.incomplete) {
    binder.report(codes::L2022, head, "a budget sets no limit")
        .help("write for example `weights <= 4.5bpw over type(linear)` or `size <= 20GiB`");
  }
  if (auto field = found.find("together"); field != found.end())
    read_together(binder, scope, field->second->value, result);
  if (auto field = found.find("score"); field != found.end()) read_score(binder, scope, field->second->value, result);
  return result;
}

}  // namespace lcr::binding
