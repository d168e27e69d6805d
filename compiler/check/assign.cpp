#include "compiler/check/assign.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/diagnostics/codes/selection.h"

namespace lcr {
namespace {

const char* verb(const Rule& rule) {
  if (rule.verb == Rule::Verb::Keep) return "keep";
  return rule.verb == Rule::Verb::Quantize ? "quantize" : "prune";
}

// Whether a decision already says something about what the rule wants to say.
bool taken(const Decision& before, Rule::Verb verb) {
  if (verb == Rule::Verb::Keep) return before.explicit_();
  return before.keep >= 0 || (verb == Rule::Verb::Quantize ? before.quantize : before.prune) >= 0;
}

class Decider {
 public:
  Decider(const Recipe& recipe, const ModelGraph& graph, Selector& selector, Diagnostics& diagnostics)
      : recipe_(recipe), graph_(graph), selector_(selector), diagnostics_(diagnostics) {}

  Decisions run() {
    result_.modules.resize(graph_.modules.size());
    result_.points.resize(graph_.points.size());
    int levels = 0;
    for (const Rule& rule : recipe_.rules) {
      result_.matched.push_back(selector_.match(rule.selection));
      levels = std::max(levels, rule.level + 1);
    }
    for (int level = 0; level < levels; ++level) {
      apply_plain(level);
      apply_overrides(level);
    }
    if (!recipe_.default_keep && !selector_.failed()) refuse_undecided();
    return std::move(result_);
  }

 private:
  std::vector<Decision>& decisions(const UnitSet& set) { return set.points() ? result_.points : result_.modules; }

  std::vector<size_t> rules_of(int level, bool overriding) const {
    std::vector<size_t> found;
    for (size_t r = 0; r < recipe_.rules.size(); ++r)
      if (recipe_.rules[r].level == level && recipe_.rules[r].overriding == overriding) found.push_back(r);
    return found;
  }

  // The units that both rules name; empty when they are of different kinds.
  std::vector<uint32_t> common(size_t a, size_t b) const {
    if (result_.matched[a].points() != result_.matched[b].points()) return {};
    UnitSet both = result_.matched[a];
    both &= result_.matched[b];
    return both.members();
  }

  void report_overlap(Code code, const char* message, size_t first, size_t second, const std::vector<uint32_t>& units) {
    const bool points = result_.matched[first].points();
    Diagnostic& diagnostic =
        diagnostics_.report(code, recipe_.rules[second].selection.span, message,
                            fmt::format("{} overlap{}", count_of(units.size(), points), units.size() == 1 ? "s" : ""));
    diagnostic.label(recipe_.rules[first].selection.span, "also assigned here");
    name_units(diagnostic, graph_, units, points);
    diagnostic.help(code == codes::L3002
                        ? "make the intent explicit: `override …` the second rule, or subtract: `… except …`"
                        : "subtract one selection from the other: `… except …`");
  }

  void apply_plain(int level) {
    const std::vector<size_t> plain = rules_of(level, false);
    for (size_t a = 0; a < plain.size(); ++a)
      for (size_t b = a + 1; b < plain.size(); ++b) {
        const Rule &first = recipe_.rules[plain[a]], &second = recipe_.rules[plain[b]];
        if (first.verb != second.verb || first.verb == Rule::Verb::Keep) continue;
        if (const auto units = common(plain[a], plain[b]); !units.empty())
          report_overlap(codes::L3002, "two rules assign the same modules", plain[a], plain[b], units);
      }
    for (size_t r : plain) refuse_claims(r);
    for (size_t r : plain) {
      if (recipe_.rules[r].verb != Rule::Verb::Keep) continue;
      for (uint32_t unit : result_.matched[r].members())
        if (Decision& at = decisions(result_.matched[r])[unit]; at.keep < 0) at.keep = static_cast<int32_t>(r);
    }
    for (size_t r : plain)
      if (recipe_.rules[r].verb != Rule::Verb::Keep) apply_plain_rule(r);
  }

  // A plain rule may claim only what the preset left to `default`.
  void refuse_claims(size_t r) {
    const Rule& rule = recipe_.rules[r];
    if (rule.level == 0) return;
    std::vector<uint32_t> claimed;
    int32_t by = -1;
    for (uint32_t unit : result_.matched[r].members()) {
      const Decision& before = decisions(result_.matched[r])[unit];
      if (!taken(before, rule.verb)) continue;
      claimed.push_back(unit);
      if (by < 0) by = before.keep >= 0 ? before.keep : std::max(before.quantize, before.prune);
    }
    if (claimed.empty()) return;
    const bool points = result_.matched[r].points();
    Diagnostic& diagnostic =
        diagnostics_.report(codes::L3013, rule.selection.span, "rule claims modules that the preset already decided",
                            count_of(claimed.size(), points));
    diagnostic.label(recipe_.rules[static_cast<size_t>(by)].span, "decided here");
    name_units(diagnostic, graph_, claimed, points);
    diagnostic.help(fmt::format("`override {} …` wins over the preset", verb(rule)));
  }

  void apply_plain_rule(size_t r) {
    const Rule& rule = recipe_.rules[r];
    size_t decided = 0;
    int32_t kept_by = -1;
    for (uint32_t unit : result_.matched[r].members()) {
      Decision& at = decisions(result_.matched[r])[unit];
      if (at.keep >= 0) {
        kept_by = at.keep;
        continue;
      }
      (rule.verb == Rule::Verb::Quantize ? at.quantize : at.prune) = static_cast<int32_t>(r);
      ++decided;
    }
    if (decided > 0 || kept_by < 0 || recipe_.rules[static_cast<size_t>(kept_by)].level != rule.level) return;
    diagnostics_
        .report(codes::L3004, rule.selection.span, fmt::format("this {} rule decides nothing", verb(rule)),
                "all of it is kept")
        .label(recipe_.rules[static_cast<size_t>(kept_by)].selection.span, "kept here")
        .help("within one file `keep` wins; take the modules out of the `keep`, or write `override`");
  }

  void apply_overrides(int level) {
    const std::vector<size_t> overrides = rules_of(level, true);
    for (size_t a = 0; a < overrides.size(); ++a)
      for (size_t b = a + 1; b < overrides.size(); ++b)
        if (const auto units = common(overrides[a], overrides[b]); !units.empty())
          report_overlap(codes::L3014, "two overrides name the same modules", overrides[a], overrides[b], units);
    for (size_t r : overrides) {
      const Rule& rule = recipe_.rules[r];
      std::vector<uint32_t> nothing;
      for (uint32_t unit : result_.matched[r].members()) {
        Decision& at = decisions(result_.matched[r])[unit];
        if (!taken(at, rule.verb)) nothing.push_back(unit);
        if (rule.verb == Rule::Verb::Keep) {
          at = {static_cast<int32_t>(r), -1, -1};
          continue;
        }
        at.keep = -1;
        (rule.verb == Rule::Verb::Quantize ? at.quantize : at.prune) = static_cast<int32_t>(r);
      }
      if (nothing.empty()) continue;
      const bool points = result_.matched[r].points();
      Diagnostic& diagnostic =
          diagnostics_.report(codes::L3003, rule.selection.span,
                              fmt::format("`override {}` names modules that no rule decided before", verb(rule)),
                              count_of(nothing.size(), points));
      name_units(diagnostic, graph_, nothing, points);
      diagnostic.help(fmt::format("for modules left to `default` write a plain `{}`", verb(rule)));
    }
  }

  void refuse_undecided() {
    std::vector<uint32_t> open;
    for (uint32_t m = 0; m < graph_.modules.size(); ++m) {
      const ModuleKind kind = graph_.modules[m].kind;
      if (kind != ModuleKind::Linear && kind != ModuleKind::Embedding && kind != ModuleKind::Conv) continue;
      if (!result_.modules[m].explicit_()) open.push_back(m);
    }
    if (open.empty()) return;
    Diagnostic& diagnostic = diagnostics_.report(
        codes::L3015, recipe_.default_span, "modules without a rule under `default refuse`", count_of(open.size()));
    name_units(diagnostic, graph_, open);
    diagnostic.help("`keep` or `quantize` them, or write `default keep`");
  }

  const Recipe& recipe_;
  const ModelGraph& graph_;
  Selector& selector_;
  Diagnostics& diagnostics_;
  Decisions result_;
};

Assignment assignment_of(const Recipe& recipe, const Decision& decision, bool dequantize) {
  Assignment made;
  made.dequantize = dequantize;
  made.rule = decision.keep >= 0 ? decision.keep : decision.quantize;
  made.prune_rule = decision.keep >= 0 ? -1 : decision.prune;
  if (decision.keep < 0 && decision.quantize >= 0) {
    const Rule& rule = recipe.rules[static_cast<size_t>(decision.quantize)];
    made.kind = rule.candidates.empty() ? Assignment::Kind::Quantize : Assignment::Kind::Auto;
    made.precision = rule.precision;
    made.cache = rule.cache;
    made.stack = rule.stack;
    made.candidates = rule.candidates;
  }
  if (made.prune_rule >= 0) {
    made.amount = recipe.rules[static_cast<size_t>(made.prune_rule)].amount;
    made.pruner = recipe.rules[static_cast<size_t>(made.prune_rule)].pruner;
  }
  return made;
}

}  // namespace

Decisions decide(const Recipe& recipe, const ModelGraph& graph, Selector& selector, Diagnostics& diagnostics) {
  return Decider(recipe, graph, selector, diagnostics).run();
}

void record(const Recipe& recipe, const ModelGraph& graph, const Decisions& decisions, TypedRecipe& typed) {
  using Key = std::tuple<bool, int32_t, int32_t, int32_t, bool>;
  std::map<Key, uint32_t> known;
  // Neighbours mostly share a decision.
  Key last{true, -2, -2, -2, true};
  uint32_t last_index = 0;
  const auto index = [&](bool points, const Decision& decision, bool dequantize) {
    const Key key{points, decision.keep, decision.quantize, decision.prune, dequantize};
    if (key == last) return last_index;
    const auto [at, added] = known.try_emplace(key, static_cast<uint32_t>(typed.assignments.size()));
    if (added) typed.assignments.push_back(assignment_of(recipe, decision, dequantize));
    last = key;
    return last_index = at->second;
  };
  for (size_t m = 0; m < graph.modules.size(); ++m)
    typed.of_module.push_back(index(false, decisions.modules[m], decisions.dequantized[m]));
  for (const Decision& decision : decisions.points) typed.of_point.push_back(index(true, decision, false));
  for (const UnitSet& set : decisions.matched) typed.matched.push_back(set.members());
  typed.untied = decisions.untied;
}

}  // namespace lcr
