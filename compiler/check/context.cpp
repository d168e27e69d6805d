#include "compiler/check/context.h"

#include <unordered_map>

#include "compiler/language/algorithms.h"

namespace lcr {
namespace {

struct Key {
  uint32_t assignment, codec, owner, local;
  uint32_t kind, roles;
  int32_t carried;
  int64_t out, in;
  bool operator==(const Key&) const = default;
};

struct KeyHash {
  size_t operator()(const Key& key) const {
    uint64_t h = 0;
    for (uint64_t part : {uint64_t{key.assignment} << 32 | key.codec, uint64_t{key.owner} << 32 | key.local,
                          uint64_t{key.kind} << 32 | key.roles, static_cast<uint64_t>(key.carried),
                          static_cast<uint64_t>(key.out), static_cast<uint64_t>(key.in)})
      h = (h ^ part) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
  }
};

bool is_static(const std::optional<Format>& format) { return format && (!format->dynamic || format->global); }

}  // namespace

std::vector<ModuleClass> classify(const ModelGraph& graph, const TypedRecipe& typed) {
  std::vector<ModuleClass> classes;
  std::unordered_map<Key, uint32_t, KeyHash> known;
  for (uint32_t m = 0; m < graph.modules.size(); ++m) {
    const Module& module = graph.modules[m];
    const int32_t carried = typed.carried_of_module.empty() ? -1 : typed.carried_of_module[m];
    const Key key = {typed.of_module[m],
                     module.source_codec,
                     module.owner,
                     module.local,
                     static_cast<uint32_t>(module.kind),
                     static_cast<uint32_t>(module.roles),
                     carried,
                     module.out,
                     module.in};
    const auto [at, added] = known.try_emplace(key, static_cast<uint32_t>(classes.size()));
    if (added)
      classes.push_back({key.assignment,
                         module.kind,
                         module.roles,
                         module.out,
                         module.in,
                         module.source_codec,
                         module.owner,
                         module.local,
                         carried,
                         {}});
    classes[at->second].modules.push_back(m);
  }
  return classes;
}

std::vector<Choice> CheckContext::choices(const Assignment& one) const {
  std::vector<Choice> found;
  if (one.kind == Assignment::Kind::Keep) return found;
  const Rule* decided = rule(one);
  if (one.precision) found.push_back({&*one.precision, one.stack ? &*one.stack : nullptr, decided->precision_span});
  for (const Candidate& candidate : one.candidates)
    if (candidate.precision)
      found.push_back({&*candidate.precision, candidate.stack ? &*candidate.stack : nullptr, candidate.span});
  return found;
}

std::vector<Choice> CheckContext::stored(const ModuleClass& one) const {
  if (one.carried < 0) return choices(assignment(one));
  const Rule* keeps = rule(assignment(one));
  const Span span = keeps != nullptr ? keeps->selection.span : recipe.default_span;
  return {{&typed.carried[static_cast<size_t>(one.carried)].precision, nullptr, span}};
}

bool needs_data(const Algorithm& algorithm) {
  const AlgorithmInfo* info = find_algorithm(algorithm.name);
  if (info != nullptr && info->needs_data) return true;
  for (const auto& [name, value] : algorithm.parameters) {
    if (const auto* observer = std::get_if<Observer>(&value)) {
      const ObserverInfo* known = find_observer(observer->name);
      // Observers of activations are only there where a scale is calibrated, which the formats say already.
      if (name == "range" && known != nullptr && known->needs_data) return true;
    }
    if (const auto* word = std::get_if<std::string>(&value);
        word != nullptr && name == "kind" && word->starts_with("learned"))
      return true;
  }
  return false;
}

bool needs_data(const Stack& stack, const Precision* precision, const Format* cache) {
  for (const Algorithm& transform : stack.transforms)
    if (needs_data(transform)) return true;
  // A range that is given needs none.
  const auto looked_for = [&](const char* parameter) {
    const auto found = stack.solver.parameters.find(parameter);
    const auto* observer = found == stack.solver.parameters.end() ? nullptr : std::get_if<Observer>(&found->second);
    return observer == nullptr || observer->name != "fixed";
  };
  if (precision != nullptr && is_static(precision->input) && looked_for("input_range")) return true;
  if (precision != nullptr && is_static(precision->output) && looked_for("output_range")) return true;
  if (cache != nullptr && !cache->dynamic && looked_for("range")) return true;
  return needs_data(stack.solver);
}

bool needs_data(const Recipe& recipe, const Assignment& one) {
  if (one.pruner && needs_data(*one.pruner)) return true;
  if (one.kind == Assignment::Kind::Keep) return false;
  if (one.stack && needs_data(*one.stack, one.precision ? &*one.precision : nullptr, one.cache ? &*one.cache : nullptr))
    return true;
  for (const Candidate& candidate : one.candidates)
    if (candidate.stack && candidate.precision && needs_data(*candidate.stack, &*candidate.precision, nullptr))
      return true;
  return !one.candidates.empty() && recipe.budget.has_value() && recipe.budget->score != "error";
}

}  // namespace lcr
