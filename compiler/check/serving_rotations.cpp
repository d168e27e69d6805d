#include <algorithm>

#include <fmt/format.h>

#include "compiler/check/serving.h"

namespace lcr {

// Of what asks for the rotation: the rule's stack, or the statement.
Span ServingView::rotation_span(uint32_t module) const {
  const OnlineUses& online = context_.online;
  if (!online.input[module].starts_with("spinquant"))
    if (const Rule* rule = context_.rule(context_.assignment(context_.classes[class_of_[module]]))) return rule->span;
  for (const TransformStatement& statement : context_.recipe.transforms) {
    const auto& spaces = std::get<std::vector<std::string>>(statement.algorithm.parameters.at("rotations"));
    if (std::find(spaces.begin(), spaces.end(), "R4") != spaces.end()) return statement.span;
  }
  return {};
}

bool ServingView::rotation_breaks(const RequireRule& rule, const ServingTarget& target, uint32_t module) const {
  if (!context_.online.any(module)) return false;
  if (rule.kind == RequireRule::Kind::RotatedWhole)
    return std::any_of(target.ranks.begin(), target.ranks.end(), [](int64_t ranks) { return ranks > 1; });
  if (rule.kind == RequireRule::Kind::Unrotated) return true;
  const auto& tensors = context_.graph.declaration(context_.graph.modules[module]).tensors;
  return std::any_of(tensors.begin(), tensors.end(), [](const auto& tensor) { return tensor.name == "bias"; });
}

void ServingView::rotated(const RequireRule& rule, const ServingText& text, const ServingTarget& target,
                          std::vector<Refusal>& found) const {
  const ModelGraph& graph = context_.graph;
  std::vector<uint32_t> modules;
  if (rule.kind == RequireRule::Kind::SameRotation) {
    const OnlineUses& online = context_.online;
    for (const FusedGroup& group : graph.fused)
      for (uint32_t member : group.members) {
        const uint32_t first = group.members.front();
        const bool output = online.output[member].empty() != online.output[first].empty();
        if (selects(rule.selection, traits(context_.classes[class_of_[member]])) &&
            (online.input[member] != online.input[first] || output))
          modules.push_back(member);
      }
  } else {
    for (const ModuleClass& one : context_.classes)
      if (selects(rule.selection, traits(one)))
        for (uint32_t module : one.modules)
          if (rotation_breaks(rule, target, module)) modules.push_back(module);
  }
  if (!modules.empty()) {
    const bool ranks = rule.kind == RequireRule::Kind::RotatedWhole;
    found.push_back({fmt::format("{} does not rotate `{}` as asked at run time", text.name, graph.modules[modules[0]].path),
                     rotation_span(modules[0]),
                     {},
                     {},
                     modules,
                     false,
                     {rule.message},
                     {ranks ? "serve it on one rank, or leave the rotation out"
                            : "leave these modules out of the rotation"}});
  }
  if (rule.kind != RequireRule::Kind::Unrotated || !context_.online.attention) return;
  // Where neither is rounded the rotation of queries and keys changes nothing, and nothing is lost without it.
  for (uint32_t p = 0; p < graph.points.size(); ++p) {
    const Assignment& assignment = context_.typed.assignments[context_.typed.of_point[p]];
    if (!assignment.cache || graph.points[p].kind == AttentionPoint::Kind::Values) continue;
    const bool keys = graph.points[p].kind == AttentionPoint::Kind::Keys;
    if (!selects(rule.selection, {keys ? "keys" : "queries", graph.points[p].roles, graph.architecture, {}})) continue;
    found.push_back({fmt::format("{} does not rotate {} before it quantizes them", text.name, keys ? "keys" : "queries"),
                     context_.rule(assignment)->precision_span, {}, {}, {p}, true, {rule.message}, {"leave R3 out"}});
    return;
  }
}

}  // namespace lcr
