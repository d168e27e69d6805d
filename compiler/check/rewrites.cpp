#include "compiler/check/rewrites.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "compiler/check/online.h"
#include "compiler/check/rotations.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/select/select.h"

namespace lcr {
namespace {

bool smooths(const Algorithm& algorithm) { return algorithm.name == "smoothquant" || algorithm.name == "awq"; }

class Finder {
 public:
  Finder(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, Diagnostics& diagnostics,
         const NameTrees* names)
      : recipe_(recipe), typed_(typed), graph_(graph), diagnostics_(diagnostics), selector_(recipe, graph, unheard_, names) {
    result_.scaled.assign(graph.modules.size(), false);
    result_.turned.assign(graph.modules.size(), false);
  }

  std::optional<Rewrites> run() {
    const OnlineUses online = online_uses(recipe_, typed_, graph_, selector_);
    for (uint32_t m = 0; m < graph_.modules.size(); ++m) result_.turned[m] = online.any(m);
    if (!asked()) return std::move(result_);
    result_.facts = derive(graph_);
    if (!rotate()) return std::nullopt;
    for (uint32_t m = 0; m < graph_.modules.size(); ++m) {
      const Module& module = graph_.modules[m];
      if (module.kind != ModuleKind::Opaque) places_[{module.instance, module.owner, module.local}].push_back(m);
    }
    for (uint32_t set = 0; set < result_.facts.smoothing.size(); ++set) use_everywhere(set);
    all_targets_smoothed();
    no_kept_codes();
    if (failed_) return std::nullopt;
    return std::move(result_);
  }

 private:
  using PlaceKey = std::tuple<uint32_t, TemplateId, uint32_t>;  // instance, owner, local

  bool rotate() {
    auto rotations = resolve_rotations(recipe_, graph_, result_.facts.rotations, selector_, diagnostics_);
    if (!rotations) return false;
    result_.folds = module_folds(graph_, result_.facts.rotations, *rotations);
    result_.rotations = std::move(*rotations);
    return true;
  }

  bool asked() const {
    if (!recipe_.transforms.empty()) return true;
    return std::any_of(typed_.assignments.begin(), typed_.assignments.end(), [](const Assignment& one) {
      return one.stack && std::any_of(one.stack->transforms.begin(), one.stack->transforms.end(), smooths);
    });
  }

  // Modules of one side in one use; of all experts when the side is theirs.
  std::vector<uint32_t> modules_of(const Side& side, uint32_t instance, int32_t expert) const {
    const auto found = places_.find({side.instance == none_id ? instance : side.instance, side.owner, side.module});
    if (found == places_.end()) return {};
    if (expert < 0) return found->second;
    for (uint32_t module : found->second)
      if (graph_.modules[module].expert == expert) return {module};
    return {};
  }

  std::vector<uint32_t> all(const std::vector<Side>& sides, uint32_t instance, int32_t expert) const {
    std::vector<uint32_t> modules;
    for (const Side& side : sides)
      for (uint32_t module : modules_of(side, instance, expert)) modules.push_back(module);
    return modules;
  }

  // Sets of the model's own template join layers: their scales belong to no layer.
  void use_everywhere(uint32_t index) {
    const SmoothingSet& set = result_.facts.smoothing[index];
    if (set.owner == 0) return;
    const bool expert = graph_.templates[set.owner].expert;
    std::set<std::pair<uint32_t, int32_t>> uses;
    for (const auto& [key, modules] : places_)
      if (std::get<1>(key) == set.owner)
        for (uint32_t module : modules) uses.insert({std::get<0>(key), expert ? graph_.modules[module].expert : -1});
    for (const auto& [instance, e] : uses) use(index, instance, e);
  }

  void use(uint32_t index, uint32_t instance, int32_t expert) {
    const SmoothingSet& set = result_.facts.smoothing[index];
    SmoothUse use{index, instance, expert, 0, 0, all(set.writers, instance, expert), all(set.readers, instance, expert),
                  {}};
    // By the algorithm that is asked for: rules may have the same.
    std::map<std::string, std::pair<uint32_t, uint32_t>> wanted;
    for (uint32_t reader : use.readers) {
      const uint32_t assignment = typed_.of_module[reader];
      const auto& stack = typed_.assignments[assignment].stack;
      if (!stack) continue;
      for (uint32_t t = 0; t < stack->transforms.size(); ++t) {
        if (!smooths(stack->transforms[t]) || !lets_through(stack->transforms[t], use.writers)) continue;
        wanted.emplace(to_string(stack->transforms[t], true), std::pair{assignment, t});
        use.targets.push_back(reader);
      }
    }
    if (wanted.empty()) return;
    std::tie(use.assignment, use.transform) = wanted.begin()->second;
    smoothed_.insert(use.targets.begin(), use.targets.end());
    if (wanted.size() > 1) return twice(use, wanted.rbegin()->second.first);
    for (const auto* modules : {&use.writers, &use.readers})
      for (uint32_t module : *modules) result_.scaled[module] = true;
    result_.smoothing.push_back(std::move(use));
  }

  bool lets_through(const Algorithm& algorithm, const std::vector<uint32_t>& writers) {
    const auto found = algorithm.parameters.find("through");
    if (found == algorithm.parameters.end()) return true;
    const UnitSet producers = selector_.match_named(std::get<SelectionRef>(found->second).index);
    return std::all_of(writers.begin(), writers.end(), [&](uint32_t writer) { return producers.contains(writer); });
  }

  Span span_of(uint32_t assignment) const {
    const int32_t rule = typed_.assignments[assignment].rule;
    return rule < 0 ? recipe_.default_span : recipe_.rules[size_t(rule)].span;
  }

  void twice(const SmoothUse& use, uint32_t other) {
    failed_ = true;
    if (!told_.insert({use.assignment, other}).second) return;
    diagnostics_
        .report(codes::L4081, span_of(use.assignment),
                fmt::format("what `{}` writes would be smoothed in two ways", graph_.modules[use.writers.front()].path))
        .label(span_of(other), "the other rule")
        .help("give all of its readers the same transforms, or name producers with `through`");
  }

  // A target that no scale reaches is a mistake, unless `through` says that some are left out.
  void all_targets_smoothed() {
    std::set<uint32_t> told;
    for (uint32_t m = 0; m < graph_.modules.size(); ++m) {
      const Assignment& one = typed_.assignments[typed_.of_module[m]];
      if (!one.stack || smoothed_.contains(m)) continue;
      for (const Algorithm& transform : one.stack->transforms) {
        if (!smooths(transform) || transform.parameters.contains("through")) continue;
        failed_ = true;
        if (!told.insert(typed_.of_module[m]).second) continue;
        Diagnostic& diagnostic = diagnostics_.report(
            codes::L4080, span_of(typed_.of_module[m]),
            fmt::format("the input of `{}` cannot be smoothed by `{}`", graph_.modules[m].path, transform.name));
        if (const auto reason = refusal(graph_.modules[m])) diagnostic.note(*reason);
        diagnostic.help("leave it out of the rule, or name the producers that may be scaled with `through`");
      }
    }
  }

  // Why what makes a module's input takes no scale: the nearest refused writer before it.
  std::optional<std::string> refusal(const Module& module) const {
    const Template& self = graph_.templates[module.owner];
    for (const Node& node : self.nodes) {
      if (node.op != Op::Linear || node.module != module.local) continue;
      std::vector<ValueId> open = node.inputs;
      std::set<ValueId> seen;
      while (!open.empty()) {
        const ValueId value = open.back();
        open.pop_back();
        const uint32_t maker = self.values[value].node;
        if (!seen.insert(value).second || maker == none_id) continue;
        for (const SmoothingRefusal& refused : result_.facts.refused)
          if (refused.owner == module.owner && refused.module == self.nodes[maker].module &&
              self.nodes[maker].module != none_id)
            return fmt::format("`{}` cannot be divided: {}", self.modules[refused.module].path, refused.reason);
        for (ValueId input : self.nodes[maker].inputs) open.push_back(input);
      }
    }
    return std::nullopt;
  }

  // Codes of the source stay as they are or go; they cannot be scaled.
  void no_kept_codes() {
    for (uint32_t m = 0; m < graph_.modules.size(); ++m) {
      const Assignment& one = typed_.assignments[typed_.of_module[m]];
      if (!result_.rewritten(m) || graph_.modules[m].source_codec == 0 || one.dequantize ||
          one.kind != Assignment::Kind::Keep)
        continue;
      failed_ = true;
      diagnostics_
          .report(codes::L4082, span_of(typed_.of_module[m]),
                  fmt::format("`{}` stays as the source has quantized it, and {}", graph_.modules[m].path,
                              result_.folded(m) ? "a rotation would change it" : "a rule would rescale it"))
          .help(fmt::format("dequantize `{}`", graph_.modules[m].path));
      return;
    }
  }

  const Recipe& recipe_;
  const TypedRecipe& typed_;
  const ModelGraph& graph_;
  Diagnostics& diagnostics_;
  Diagnostics unheard_;  // `check` has matched every selection before, and said what is wrong
  Selector selector_;
  Rewrites result_;
  std::map<PlaceKey, std::vector<uint32_t>> places_;
  std::set<uint32_t> smoothed_;
  std::set<std::pair<uint32_t, uint32_t>> told_;
  bool failed_ = false;
};

}  // namespace

std::optional<Rewrites> find_rewrites(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                      Diagnostics& diagnostics, const NameTrees* names) {
  return Finder(recipe, typed, graph, diagnostics, names).run();
}

}  // namespace lcr
