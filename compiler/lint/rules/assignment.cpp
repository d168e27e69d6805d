#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "compiler/check/assign.h"
#include "compiler/check/examples.h"
#include "compiler/check/rule_words.h"
#include "compiler/check/rules.h"
#include "compiler/lint/edits.h"
#include "compiler/lint/rules.h"

// L92: who is given what, compared with its neighbours and with what would be without a statement.
namespace lcr::lint {
namespace {

bool same_precision(const Assignment& a, const Assignment& b) {
  if (a.kind != b.kind || a.precision.has_value() != b.precision.has_value()) return false;
  return !a.precision || a.precision->same(*b.precision);
}

bool same_result(const Assignment& a, const Assignment& b) {
  const bool amounts = a.amount.has_value() == b.amount.has_value() &&
                       (!a.amount || (a.amount->share == b.amount->share && a.amount->keep == b.amount->keep &&
                                      a.amount->of == b.amount->of));
  return same_precision(a, b) && a.cache == b.cache && a.stack == b.stack && a.candidates.empty() &&
         b.candidates.empty() && amounts && a.pruner == b.pruner;
}

bool stores_codes(const Recipe& recipe) {
  return std::any_of(recipe.exports.begin(), recipe.exports.end(),
                     [](const Export& to) { return to.format == Export::Format::CompressedTensors; });
}

const Assignment& assignment_of(const LintModel& on, uint32_t module) {
  return on.typed.assignments[on.typed.of_module[module]];
}

// Where an assignment comes from: its rule, or `default`.
Span origin(const LintModel& on, const Assignment& assignment) {
  return assignment.rule < 0 ? on.recipe.default_span
                             : on.recipe.rules[static_cast<size_t>(assignment.rule)].selection.span;
}

// Two modules that ought to be alike, once for each pair of statements that set them apart.
struct Unlike {
  uint32_t one, other;
  size_t count = 0;
};
using Unlikes = std::map<std::pair<int32_t, int32_t>, Unlike>;

void compare(const LintModel& on, uint32_t one, uint32_t other, Unlikes& found) {
  const Assignment &a = assignment_of(on, one), &b = assignment_of(on, other);
  if (same_precision(a, b)) return;
  ++found.try_emplace({a.rule, b.rule}, Unlike{one, other}).first->second.count;
}

Diagnostic& report_unlike(const LintModel& on, Code code, std::string message, const Unlike& pair, Diagnostics& found) {
  const Assignment &a = assignment_of(on, pair.one), &b = assignment_of(on, pair.other);
  // The rule rather than the default, where one of them is.
  const bool first = a.rule >= b.rule;
  const Assignment &primary = first ? a : b, &secondary = first ? b : a;
  Diagnostic& diagnostic = found.report(
      code, origin(on, primary), std::move(message),
      fmt::format("{} for `{}`", precision_words(primary), on.graph.modules[first ? pair.one : pair.other].path));
  return diagnostic.label(origin(on, secondary), fmt::format("{} for `{}`", precision_words(secondary),
                                                             on.graph.modules[first ? pair.other : pair.one].path));
}

}  // namespace

void split_fused_layer(const LintModel& on, Diagnostics& found) {
  if (!stores_codes(on.recipe)) return;
  std::map<std::string_view, Unlikes> by_name;
  for (const FusedGroup& group : on.graph.fused)
    for (uint32_t member : group.members)
      if (member != group.members[0]) compare(on, group.members[0], member, by_name[group.name]);
  for (const auto& [name, unlikes] : by_name)
    for (const auto& [rules, pair] : unlikes)
      report_unlike(on, codes::L9204, fmt::format("parts of `{}` have different precisions", name), pair, found)
          .with("layers", static_cast<int64_t>(pair.count))
          .help(
              "servers merge them into one kernel and refuse, or read one with the other's scales: give all parts one "
              "precision");
}

void mixed_experts(const LintModel& on, Diagnostics& found) {
  if (!stores_codes(on.recipe)) return;
  std::map<uint64_t, uint32_t> first;  // of (instance, expert template)
  Unlikes unlikes;
  for (uint32_t m = 0; m < on.graph.modules.size(); ++m) {
    const Module& module = on.graph.modules[m];
    if (module.expert < 0 || module.kind != ModuleKind::Linear) continue;
    const auto [place, fresh] = first.try_emplace(uint64_t{module.instance} << 32 | module.owner, m);
    if (!fresh) compare(on, place->second, m, unlikes);
  }
  for (const auto& [rules, pair] : unlikes)
    report_unlike(on, codes::L9205, "experts of one layer have different precisions", pair, found)
        .with("modules", static_cast<int64_t>(pair.count))
        .help("servers run all experts of a layer in one kernel: give them one precision, or keep all of them");
}

void untie_without_change(const LintModel& on, Diagnostics& found) {
  for (const Marked& marked : on.recipe.untie) {
    const UnitSet set = on.match(marked.selection);
    bool changes = !on.recipe.transforms.empty();
    const Tie* idle = nullptr;
    for (const Tie& tie : on.graph.ties) {
      if (!set.contains(tie.module) && !set.contains(tie.to)) continue;
      if (on.changing_rule(tie.module) != nullptr || on.changing_rule(tie.to) != nullptr) changes = true;
      else idle = &tie;
    }
    if (changes || idle == nullptr) continue;
    const Module& to = on.graph.modules[idle->to];
    found
        .report(codes::L9206, marked.selection.span,
                fmt::format("`{}` and `{}` are split and both stay as they are", on.graph.modules[idle->module].path,
                            to.path),
                fmt::format("{} more", bytes_words(to.out * to.in * static_cast<int64_t>(size_of(on.graph.dtype)))))
        .help("leave the statement out, or quantize one of them")
        .fix(remove_statement(on.sources, marked.span, Applicability::Safe));
  }
}

void override_without_effect(const LintModel& on, Diagnostics& found) {
  for (size_t r = 0; r < on.recipe.rules.size(); ++r) {
    const Rule& rule = on.recipe.rules[r];
    if (!rule.overriding || rule.span.file != on.recipe.file) continue;
    Recipe without = on.recipe;
    without.rules.erase(without.rules.begin() + static_cast<std::ptrdiff_t>(r));
    Diagnostics scratch;
    Selector selector(without, on.graph, scratch, &on.names);
    Decisions decisions = decide(without, on.graph, selector, scratch);
    // Another override may need this one.
    if (scratch.has_errors()) continue;
    decide_marks(without, on.graph, selector, scratch, decisions);
    TypedRecipe typed;
    record(without, on.graph, decisions, typed);
    if (std::equal(
            on.typed.of_module.begin(), on.typed.of_module.end(), typed.of_module.begin(),
            [&](uint32_t a, uint32_t b) { return same_result(on.typed.assignments[a], typed.assignments[b]); }) &&
        std::equal(
            on.typed.of_point.begin(), on.typed.of_point.end(), typed.of_point.begin(),
            [&](uint32_t a, uint32_t b) { return same_result(on.typed.assignments[a], typed.assignments[b]); })) {
      found.report(codes::L9207, rule.span, "this override changes nothing")
          .help("every module that it names has this precision without it: leave it out")
          .fix(remove_statement(on.sources, rule.span, Applicability::Safe));
    }
  }
}

void unchecked_server(const LintRecipe& on, Diagnostics& found) {
  if (on.recipe.is_preset || !on.recipe.serve.empty() || !stores_codes(on.recipe)) return;
  found.report(codes::L9209, on.recipe.exports[0].span, "no server is named that must be able to load the result")
      .help("`serve vllm { capability = [9.0]  tensor_parallel = [1, 2] }` makes what it would refuse an error now");
}

}  // namespace lcr::lint
