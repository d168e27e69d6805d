#include <array>
#include <map>

#include <fmt/format.h>

#include "compiler/check/serving.h"

namespace lcr {
namespace {

bool same_precisions(const std::vector<Choice>& a, const std::vector<Choice>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!a[i].precision->same(*b[i].precision)) return false;
  return true;
}

std::string describe(const CheckContext& context, const ModuleClass& one) {
  const Assignment& assignment = context.assignment(one);
  if (one.carried >= 0) {
    const Precision& kept = *context.stored(one)[0].precision;
    return "kept as " + (kept.name.empty() ? to_string(kept) : kept.name);
  }
  if (assignment.kind == Assignment::Kind::Keep) return "kept";
  if (!assignment.precision) return "chosen by the budget";
  return assignment.precision->name.empty() ? to_string(*assignment.precision) : assignment.precision->name;
}

}  // namespace

// What must be the same together: the parts of a merged layer, the experts of a layer, or all units of the model.
std::vector<std::vector<uint32_t>> ServingView::groups(const RequireRule& rule) const {
  std::vector<bool> chosen(context_.classes.size());
  bool merged = false;
  for (size_t c = 0; c < chosen.size(); ++c) {
    UnitTraits unit = traits(context_.classes[c]);
    chosen[c] = selects(rule.selection, unit);
    // A selection that holds only while its units are parts of merged layers speaks of those layers.
    unit.fused.clear();
    merged = merged || (chosen[c] && !selects(rule.selection, unit));
  }
  std::vector<std::vector<uint32_t>> found;
  if (merged) {
    for (const FusedGroup& group : context_.graph.fused)
      if (!group.members.empty() && chosen[class_of_[group.members[0]]]) found.push_back(group.members);
    return found;
  }
  std::map<uint32_t, size_t> at;
  for (uint32_t m = 0; m < class_of_.size(); ++m) {
    if (!chosen[class_of_[m]]) continue;
    const uint32_t key = rule.kind == RequireRule::Kind::AlikePrecision ? 0 : context_.graph.modules[m].instance;
    const auto [slot, added] = at.try_emplace(key, found.size());
    if (added) found.emplace_back();
    found[slot->second].push_back(m);
  }
  return found;
}

bool ServingView::equal(const RequireRule& rule, uint32_t a, uint32_t b) const {
  const ModuleClass &first = context_.classes[class_of_[a]], &second = context_.classes[class_of_[b]];
  if (first.assignment == second.assignment && first.carried == second.carried) return true;
  const bool kept = context_.plain(first), other_kept = context_.plain(second);
  if (rule.kind == RequireRule::Kind::SameKept) return kept == other_kept;
  // A kept part beside a quantized one is for `same(kept)` to report, except where the whole model is compared.
  if (kept || other_kept) return kept == other_kept || rule.kind == RequireRule::Kind::SamePrecision;
  return same_precisions(context_.stored(first), context_.stored(second));
}

void ServingView::same(const RequireRule& rule, const ServingText& text, std::vector<Refusal>& found) const {
  // By what differs: assignments, and what the source's modules are kept in.
  std::map<std::array<int64_t, 4>, size_t> known;
  for (const std::vector<uint32_t>& members : groups(rule)) {
    for (size_t i = 1; i < members.size(); ++i) {
      const uint32_t a = members[0], b = members[i];
      if (equal(rule, a, b)) continue;
      const ModuleClass &one = context_.classes[class_of_[a]], &two = context_.classes[class_of_[b]];
      const auto [slot, added] =
          known.try_emplace({one.assignment, one.carried, two.assignment, two.carried}, found.size());
      if (!added) {
        found[slot->second].units.push_back(b);
        break;
      }
      const Rule *first = context_.rule(context_.assignment(one)), *second = context_.rule(context_.assignment(two));
      const bool swap = second == nullptr || second->verb == Rule::Verb::Keep;
      const Rule *primary = swap ? first : second, *other = swap ? second : first;
      Refusal refusal;
      refusal.message =
          fmt::format("{} needs the same for `{}` ({}) and `{}` ({})", text.name, context_.graph.modules[a].path,
                      describe(context_, one), context_.graph.modules[b].path, describe(context_, two));
      if (primary != nullptr) refusal.span = primary->selection.span;
      if (other != nullptr) {
        refusal.other = other->selection.span;
        refusal.other_text = "the other part is decided here";
      }
      refusal.units = {b};
      refusal.notes = {rule.message};
      refusal.helps = {"let one rule decide all of them"};
      found.push_back(std::move(refusal));
      break;
    }
  }
}

}  // namespace lcr
