#include "compiler/facts/dump.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "compiler/facts/places.h"

namespace lcr {

namespace {

using Names = std::vector<std::string>;

std::string joined(const Names& names) { return fmt::format("{}", fmt::join(names, ", ")); }

// Which entries of a weight take part: nothing when all do.
std::string part_of(const std::vector<int32_t>& entries) {
  auto in = [](int32_t entry) { return entry >= 0; };
  auto count = std::count_if(entries.begin(), entries.end(), in);
  if (static_cast<size_t>(count) == entries.size()) return "";
  auto first = std::find_if(entries.begin(), entries.end(), in);
  auto end = std::find_if_not(first, entries.end(), in);
  if (end - first == count)
    return fmt::format("[{}..<{} of {}]", first - entries.begin(), end - entries.begin(), entries.size());
  return fmt::format("[{} of {}]", count, entries.size());
}

class Dump {
 public:
  Dump(const ModelGraph& graph, const Facts& facts) : graph_(graph), facts_(facts), names_(graph) {}

  std::string run() const {
    // Templates with the same facts stand together.
    std::vector<std::pair<std::string, std::vector<TemplateId>>> bodies;
    for (TemplateId id = 0; id < graph_.templates.size(); ++id) {
      if (graph_.templates[id].expert) continue;
      std::string body = this->body(id);
      auto same = std::find_if(bodies.begin(), bodies.end(), [&](const auto& other) { return other.first == body; });
      if (same == bodies.end() || id == 0) bodies.push_back({body, {id}});
      else same->second.push_back(id);
    }
    std::string text;
    for (const auto& [body, templates] : bodies) text += names_.uses(templates) + "\n" + body + "\n";
    return text + residual();
  }

 private:
  // The layer itself and the experts that it dispatches to.
  bool within(TemplateId id, TemplateId owner) const {
    if (owner == id) return true;
    const std::vector<Node>& nodes = graph_.templates[id].nodes;
    return graph_.templates[owner].expert &&
           std::any_of(nodes.begin(), nodes.end(), [&](const Node& node) { return node.callee == owner; });
  }
  Names relative(TemplateId owner, const std::vector<uint32_t>& modules) const {
    Names names;
    for (uint32_t module : modules) names.push_back(names_.relative(owner, module));
    return names;
  }

  std::string body(TemplateId id) const {
    return shared(id) + smoothing(id) + refused(id) + heads(id) + stages(id);
  }

  std::string shared(TemplateId id) const {
    std::string text;
    for (const SharedInput& group : facts_.shared) {
      if (!within(id, group.owner) || group.modules.size() + group.experts.size() < 2) continue;
      text += "  shared input: " + joined(relative(group.owner, group.modules));
      if (!group.experts.empty()) text += "; every expert's " + joined(relative(group.expert_owner, group.experts));
      text += "\n";
    }
    return text;
  }

  // Sides of other uses of templates are named by their paths, the layer's own relative to it.
  std::string sides(const std::vector<Side>& sides) const {
    Names names;
    std::map<std::string, std::vector<ModulePlace>> elsewhere;
    for (const Side& side : sides) {
      std::string ending = part_of(side.entries) + (side.power == 1 ? "" : fmt::format("^{:g}", side.power));
      if (side.instance == none_id) names.push_back(names_.relative(side.owner, side.module) + ending);
      else elsewhere[ending].push_back({side.owner, side.module, side.instance});
    }
    for (const auto& [ending, places] : elsewhere) {
      for (const std::string& name : names_.absolute(places)) names.push_back(name + ending);
    }
    return joined(names);
  }

  std::string smoothing(TemplateId id) const {
    std::string text;
    for (const SmoothingSet& set : facts_.smoothing) {
      if (!within(id, set.owner)) continue;
      text += fmt::format("  smooth {}: {} -> {}\n", set.width, sides(set.writers), sides(set.readers));
    }
    return text;
  }

  std::string refused(TemplateId id) const {
    std::vector<std::pair<std::string, Names>> reasons;
    for (const SmoothingRefusal& refusal : facts_.refused) {
      if (!within(id, refusal.owner)) continue;
      auto same =
          std::find_if(reasons.begin(), reasons.end(), [&](const auto& r) { return r.first == refusal.reason; });
      if (same == reasons.end()) same = reasons.insert(reasons.end(), {refusal.reason, {}});
      same->second.push_back(names_.relative(refusal.owner, refusal.module));
    }
    std::string text;
    for (const auto& [reason, names] : reasons) text += fmt::format("  refused {}: {}\n", joined(names), reason);
    return text;
  }

  std::string heads(TemplateId id) const {
    std::string text;
    for (const Rotations::Heads& heads : facts_.rotations.heads) {
      if (heads.owner != id) continue;
      std::string value = heads.value_module == none_id ? "?" : names_.relative(id, heads.value_module);
      text += fmt::format("  R2 {} x {}: {}", heads.heads, heads.width, value);
      if (!heads.legal) {
        text += fmt::format(", refused: {}\n", heads.reason);
        continue;
      }
      text += " -> " + joined(relative(id, heads.readers));
      if (heads.row_begin != 0 || heads.row_stride != heads.width) {
        text += fmt::format(" (rows from {} every {})", heads.row_begin, heads.row_stride);
      }
      text += "\n";
    }
    return text;
  }

  std::string stages(TemplateId id) const {
    std::string text;
    for (const Stages& all : facts_.stages) {
      if (all.owner != id) continue;
      for (size_t i = 0; i < all.stages.size(); ++i) {
        Names names;
        for (const Stages::Member& member : all.stages[i])
          names.push_back(names_.relative(member.owner, member.module));
        text += fmt::format("  stage {}: {}\n", i, joined(names));
      }
    }
    return text;
  }

  std::string list(const char* what, const std::vector<std::pair<TemplateId, uint32_t>>& modules) const {
    std::vector<ModulePlace> places;
    for (auto [owner, module] : modules) places.push_back({owner, module, none_id});
    std::string text;
    for (const std::string& name : names_.absolute(places)) text += fmt::format("  {} {}\n", what, name);
    return text;
  }

  std::string residual() const {
    const Rotations& r = facts_.rotations;
    std::string text = fmt::format("R1 {}\n", r.r1_legal ? "legal" : "forbidden");
    std::set<std::string> reasons(r.r1_forbidden.begin(), r.r1_forbidden.end());
    for (const std::string& reason : reasons) text += "  because " + reason + "\n";
    if (!r.r1_legal) return text;
    return text + list("writer", r.writers) + list("reader", r.readers) + list("norm", r.norms) +
           list("centre before", r.centred);
  }

  const ModelGraph& graph_;
  const Facts& facts_;
  PlaceNames names_;
};

}  // namespace

std::string dump(const ModelGraph& graph, const Facts& facts) { return Dump(graph, facts).run(); }

}  // namespace lcr
