#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "compiler/check/targets.h"
#include "compiler/select/regex.h"

namespace lcr {
namespace {

// A reader's view of the configuration: which groups and whether the ignore list match a name.
class Reader {
 public:
  explicit Reader(const ExportedTargets& targets) {
    for (size_t g = 0; g < targets.groups.size(); ++g)
      for (const std::string& target : targets.groups[g].targets) add(target, static_cast<int32_t>(g), groups_);
    for (const std::string& entry : targets.ignore) add(entry, -1, ignore_);
  }

  bool good() const { return good_; }
  int32_t class_group() const { return class_group_; }

  bool ignored(std::string_view name) const { return !matched(ignore_, name).empty(); }
  // All groups whose names and expressions match; more than one would leave the choice to the reader.
  std::set<int32_t> groups(std::string_view name) const { return matched(groups_, name); }

 private:
  struct Entry {
    int32_t group;
    std::string name;                // exact, or
    std::shared_ptr<NameRegex> pattern;  // anchored at the start
  };

  void add(const std::string& target, int32_t group, std::vector<Entry>& to) {
    if (target == "Linear") {
      class_group_ = group;
    } else if (target.starts_with("re:")) {
      auto pattern = std::make_shared<NameRegex>(std::string_view(target).substr(3), NameRegex::Anchor::Start);
      good_ = good_ && pattern->problem().empty();
      to.push_back({group, {}, std::move(pattern)});
    } else {
      to.push_back({group, target, nullptr});
    }
  }

  static std::set<int32_t> matched(const std::vector<Entry>& entries, std::string_view name) {
    std::set<int32_t> found;
    for (const Entry& entry : entries)
      if (entry.pattern ? entry.pattern->match(name) == NameRegex::Result::Yes : entry.name == name)
        found.insert(entry.group);
    return found;
  }

  std::vector<Entry> groups_, ignore_;
  int32_t class_group_ = -1;
  bool good_ = true;
};

class Proof {
 public:
  Proof(const ExportedTargets& targets, const FinalPrecisions& precisions, const ModelGraph& graph)
      : reader_(targets), precisions_(precisions), graph_(graph) {
    // Groups without modules are not written: their numbers shift.
    for (size_t p = 0; p < precisions.precisions.size(); ++p)
      for (size_t g = 0; g < targets.groups.size(); ++g)
        if (targets.groups[g].precision.same(precisions.precisions[p]))
          group_of_[static_cast<int32_t>(p)] = static_cast<int32_t>(g);
  }

  std::optional<std::string> run() {
    if (!reader_.good()) return "an expression that cannot be read";
    for (size_t m = 0; m < graph_.modules.size(); ++m) {
      const Module& module = graph_.modules[m];
      const bool linear = module.kind == ModuleKind::Linear || module.kind == ModuleKind::Opaque;
      if (auto problem = name(module.path, wanted(m), linear && !has(module.roles, Role::Head), linear)) return problem;
    }
    for (const FusedGroup& group : graph_.fused)
      if (auto problem = merged(group)) return problem;
    return experts();
  }

 private:
  int32_t wanted(size_t m) const {
    const int32_t precision = precisions_.of_module[m];
    return precision < 0 ? -1 : group_of_.at(precision);
  }

  // `by_class`: the reader also finds it by its class; `asked`: a reader that finds nothing for it would refuse.
  std::optional<std::string> name(std::string_view path, int32_t want, bool by_class, bool asked) const {
    const bool ignored = reader_.ignored(path);
    const std::set<int32_t> groups = reader_.groups(path);
    if (want < 0) {
      if (ignored && groups.empty()) return std::nullopt;
      if (!asked && groups.empty()) return std::nullopt;
      return fmt::format("`{}` is kept but {}", path, groups.empty() ? "not ignored" : "matched by a target");
    }
    if (ignored) return fmt::format("`{}` is quantized but ignored", path);
    if (groups.size() == 1 && *groups.begin() == want) return std::nullopt;
    if (groups.empty() && by_class && reader_.class_group() == want) return std::nullopt;
    return fmt::format("`{}` is matched by {} groups", path, groups.size());
  }

  // A name that a server makes up: nothing may match it but what holds for the modules it stands for.
  std::optional<std::string> made_up(const std::string& path, int32_t want) const {
    const std::set<int32_t> groups = reader_.groups(path);
    if (want >= 0 ? reader_.ignored(path) : !groups.empty())
      return fmt::format("the name `{}` is read in another way", path);
    if (groups.size() > 1 || (groups.size() == 1 && *groups.begin() != want))
      return fmt::format("the name `{}` is matched by another group", path);
    return std::nullopt;
  }

  std::optional<std::string> merged(const FusedGroup& group) const {
    if (group.members.empty()) return std::nullopt;
    for (uint32_t m : group.members)
      if (wanted(m) != wanted(group.members[0])) return std::nullopt;  // no server would load it
    const std::string_view path = graph_.modules[group.members[0]].path;
    const size_t dot = path.rfind('.');
    const std::string parent(path.substr(0, dot == std::string_view::npos ? 0 : dot + 1));
    return made_up(parent + std::string(group.name), wanted(group.members[0]));
  }

  // Servers ask for the parts of expert 0 by these names, whatever the checkpoint calls them.
  std::optional<std::string> experts() const {
    std::map<std::string, std::set<int32_t>> layers;
    for (size_t m = 0; m < graph_.modules.size(); ++m) {
      if (graph_.modules[m].expert != 0 || graph_.modules[m].kind != ModuleKind::Linear) continue;
      const std::string_view path = graph_.modules[m].path;
      layers[std::string(path.substr(0, path.rfind('.') + 1))].insert(wanted(m));
    }
    for (const auto& [parent, wants] : layers) {
      if (wants.size() != 1) continue;
      const int32_t want = *wants.begin();
      for (const char* part : {"gate_proj", "up_proj", "down_proj"})
        if (auto problem = name(parent + part, want, true, true)) return problem;
    }
    return std::nullopt;
  }

  Reader reader_;
  const FinalPrecisions& precisions_;
  const ModelGraph& graph_;
  std::map<int32_t, int32_t> group_of_;
};

}  // namespace

std::optional<std::string> prove(const ExportedTargets& targets, const FinalPrecisions& precisions,
                                 const ModelGraph& graph) {
  if (targets.groups.empty()) return std::nullopt;
  return Proof(targets, precisions, graph).run();
}

}  // namespace lcr
