#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/check/serving.h"
#include "compiler/check/sharding.h"

namespace lcr {
namespace {

const char* plural(ModuleKind kind, Role roles) {
  if (has(roles, Role::Expert)) return "experts";
  if (kind == ModuleKind::Embedding) return "embeddings";
  if (has(roles, Role::Head)) return "the head";
  return "linear layers";
}

std::string_view point_type(AttentionPoint::Kind kind) {
  return kind == AttentionPoint::Kind::Keys ? "keys" : kind == AttentionPoint::Kind::Values ? "values" : "queries";
}

std::string number(double capability) { return fmt::format("{:.1f}", capability); }

// How far a rule is from a precision: places that do not fit, and another type of weights counts most.
size_t distance(const PrecisionPattern& pattern, const Precision& precision, size_t places) {
  bool same_type = !pattern.weights;
  for (size_t i = 0; pattern.weights && i < pattern.weights->size(); ++i) {
    const FormatPattern& one = (*pattern.weights)[i];
    same_type = same_type || one.any || (precision.weights && one.element == precision.weights->element);
  }
  return places + (same_type ? 0 : 10);
}

// What the rules of a text say about one precision on one kind of unit at one capability.
struct Verdict {
  bool accepted = false;
  const AcceptRule* too_old = nullptr;   // fits but for the capability
  const AcceptRule* nearest = nullptr;   // fewest places that do not fit
  size_t distance = 0;                   // of the nearest
  std::vector<std::string> wants;
};

Verdict judge(const ServingText& text, const UnitTraits& unit, const Precision& precision,
              std::optional<double> capability) {
  Verdict verdict;
  for (const AcceptRule& rule : text.accepts) {
    if (rule.pattern.cache || !selects(rule.selection, unit)) continue;
    std::vector<std::string> wants = mismatches(rule.pattern, precision);
    if (wants.empty() && (!capability || !rule.capability || rule.capability->holds(*capability))) {
      verdict.accepted = true;
      return verdict;
    }
    if (wants.empty()) verdict.too_old = &rule;
    const size_t far = distance(rule.pattern, precision, wants.size());
    if (verdict.nearest != nullptr && far >= verdict.distance) continue;
    verdict.nearest = &rule;
    verdict.distance = far;
    verdict.wants = std::move(wants);
  }
  return verdict;
}

// Adds a reason, or more units to the same one.
void add(std::vector<Refusal>& found, Refusal refusal) {
  for (Refusal& known : found)
    if (known.message == refusal.message && known.span == refusal.span) {
      known.units.insert(known.units.end(), refusal.units.begin(), refusal.units.end());
      return;
    }
  found.push_back(std::move(refusal));
}

// A scheme's name says more than its formats; what the source holds may have none.
std::string name_of(const Precision& precision) {
  return precision.name.empty() ? to_string(precision) : precision.name;
}

std::vector<std::optional<double>> capabilities(const ServingTarget& target) {
  std::vector<std::optional<double>> all(target.capabilities.begin(), target.capabilities.end());
  if (all.empty()) all.emplace_back();
  return all;
}

}  // namespace

ServingView::ServingView(const CheckContext& context)
    : context_(context), class_of_(context.graph.modules.size()), fused_of_(context.graph.modules.size(), -1) {
  for (uint32_t c = 0; c < context.classes.size(); ++c)
    for (uint32_t m : context.classes[c].modules) class_of_[m] = c;
  for (size_t f = 0; f < context.graph.fused.size(); ++f)
    for (uint32_t m : context.graph.fused[f].members) fused_of_[m] = static_cast<int32_t>(f);
}

UnitTraits ServingView::traits(const ModuleClass& one) const {
  UnitTraits unit{lcr::name_of(one.kind), one.roles, context_.graph.architecture, {}};
  if (const int32_t f = fused_of_[one.modules[0]]; f >= 0)
    unit.fused.push_back(context_.graph.fused[static_cast<size_t>(f)].name);
  return unit;
}

std::vector<Refusal> ServingView::refusals(const ServingText& text, const ServingTarget& target) const {
  std::vector<Refusal> found;
  accept(text, target, found);
  accept_points(text, target, found);
  for (const RequireRule& rule : text.requires_) {
    if (rule.kind == RequireRule::Kind::Comparison) compare(rule, text, target, found);
    else if (rule.kind == RequireRule::Kind::Quantized) quantized(rule, text, found);
    else if (rule.kind == RequireRule::Kind::Unrotated || rule.kind == RequireRule::Kind::RotatedPlain ||
             rule.kind == RequireRule::Kind::RotatedWhole || rule.kind == RequireRule::Kind::SameRotation)
      rotated(rule, text, target, found);
    else same(rule, text, found);
  }
  return found;
}

void ServingView::accept(const ServingText& text, const ServingTarget& target, std::vector<Refusal>& found) const {
  for (const ModuleClass& one : context_.classes) {
    // Layers that are only copied are not what a server's text speaks of.
    if (context_.plain(one) || one.kind == ModuleKind::Opaque) continue;
    const UnitTraits unit = traits(one);
    for (const Choice& choice : context_.stored(one))
      for (const auto& capability : capabilities(target)) {
        const Verdict verdict = judge(text, unit, *choice.precision, capability);
        if (verdict.accepted) continue;
        Refusal refusal;
        refusal.span = choice.span;
        refusal.units = one.modules;
        const char* what = plural(one.kind, one.roles);
        if (verdict.too_old != nullptr) {
          const CapabilityBound& bound = *verdict.too_old->capability;
          refusal.message = fmt::format("{} loads `{}` on {} {} capability {}, not on {}", text.name,
                                        name_of(*choice.precision), what,
                                        !bound.to    ? "from"
                                        : bound.from ? "only on"
                                                     : "up to",
                                        number(bound.value), number(*capability));
          refusal.helps.push_back("choose another precision, or drop that capability from `serve`");
        } else {
          refusal.message =
              fmt::format("{} cannot load `{}` on {}", text.name, name_of(*choice.precision), what);
          if (verdict.nearest != nullptr)
            refusal.helps.push_back(
                fmt::format("nearest is `{}`, which wants {}", verdict.nearest->name, fmt::join(verdict.wants, ", ")));
          else refusal.helps.push_back("keep them");
        }
        add(found, std::move(refusal));
        break;
      }
  }
}

void ServingView::accept_points(const ServingText& text, const ServingTarget& target,
                                std::vector<Refusal>& found) const {
  const ModelGraph& graph = context_.graph;
  for (uint32_t p = 0; p < graph.points.size(); ++p) {
    const Assignment& assignment = context_.typed.assignments[context_.typed.of_point[p]];
    if (!assignment.cache) continue;
    const UnitTraits unit{point_type(graph.points[p].kind), graph.points[p].roles, graph.architecture, {}};
    for (const auto& capability : capabilities(target)) {
      const bool accepted = std::any_of(text.accepts.begin(), text.accepts.end(), [&](const AcceptRule& rule) {
        return rule.pattern.cache && selects(rule.selection, unit) &&
               (!capability || !rule.capability || rule.capability->holds(*capability)) &&
               std::any_of(rule.pattern.cache->begin(), rule.pattern.cache->end(),
                           [&](const FormatPattern& pattern) { return matches(pattern, assignment.cache); });
      });
      if (accepted) continue;
      Refusal refusal{fmt::format("{} cannot load `{}` on {}", text.name, to_string(*assignment.cache), unit.type),
                      context_.rule(assignment)->precision_span, {}, {}, {p}, true, {}, {}};
      for (const AcceptRule& rule : text.accepts)
        if (rule.pattern.cache && selects(rule.selection, unit))
          refusal.helps.push_back(fmt::format("it takes {}", to_string(*rule.pattern.cache)));
      add(found, std::move(refusal));
      break;
    }
  }
}

void ServingView::quantized(const RequireRule& rule, const ServingText& text, std::vector<Refusal>& found) const {
  std::optional<Choice> because;
  std::vector<uint32_t> kept;
  for (const ModuleClass& one : context_.classes) {
    for (const Choice& choice : context_.stored(one))
      if (!because && matches(rule.when, *choice.precision)) because = choice;
    if (context_.plain(one) && selects(rule.selection, traits(one)))
      kept.insert(kept.end(), one.modules.begin(), one.modules.end());
  }
  if (!because || kept.empty()) return;
  found.push_back({fmt::format("{} cannot load `{}` beside modules that are kept", text.name,
                               name_of(*because->precision)),
                   because->span,
                   {},
                   {},
                   std::move(kept),
                   false,
                   {rule.message},
                   {"quantize them too"}});
}

void ServingView::compare(const RequireRule& rule, const ServingText& text, const ServingTarget& target,
                          std::vector<Refusal>& found) const {
  for (const ModuleClass& one : context_.classes) {
    if (context_.plain(one) || !selects(rule.selection, traits(one))) continue;
    const Sharding sharding =
        one.kind == ModuleKind::Linear ? shardings(context_.graph, one.owner)[one.local] : Sharding::Whole;
    for (const Choice& choice : context_.stored(one)) {
      if (!matches(rule.when, *choice.precision)) continue;
      const Format& weights = *choice.precision->weights;
      for (int64_t ranks : target.ranks) {
        UnitSizes sizes{one.in, one.out, weights.group, weights.block_rows, weights.block_columns, weights.bits};
        if (sharding == Sharding::Row) sizes.in /= ranks;
        if (sharding == Sharding::Column) sizes.out /= ranks;
        if (holds(*rule.comparison, sizes)) continue;
        Refusal refusal{fmt::format("{} cannot load `{}` on {} of {} x {}{}", text.name,
                                    name_of(*choice.precision), plural(one.kind, one.roles), one.out, one.in,
                                    ranks > 1 ? fmt::format(" over {} ranks", ranks) : std::string()),
                        choice.span,
                        {},
                        {},
                        one.modules,
                        false,
                        {},
                        {}};
        refusal.notes = {rule.message};
        refusal.helps = {
            one.carried >= 0
                ? "`dequantize` these modules, and give them a precision whose scales do not depend on their widths"
                : "keep these modules, or give them a precision whose scales do not depend on their widths"};
        add(found, std::move(refusal));
        break;
      }
    }
  }
}

}  // namespace lcr
