#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/check/resolve.h"
#include "compiler/check/rule_words.h"
#include "compiler/diagnostics/codes/selection.h"

namespace lcr {
namespace {


bool names(const TypedRecipe& typed, size_t rule, uint32_t unit) {
  return std::binary_search(typed.matched[rule].begin(), typed.matched[rule].end(), unit);
}

// Whether the rule's selection is one of attention points.
bool is_of_points(const Recipe& recipe, const TypedRecipe& typed, size_t rule) {
  if (recipe.rules[rule].cache) return true;
  // A keep of attention points decides at least one of them, or is a no-op for `why`.
  for (size_t p = 0; p < typed.of_point.size(); ++p)
    if (typed.assignments[typed.of_point[p]].rule == static_cast<int32_t>(rule)) return true;
  return false;
}

std::string outcome(const Recipe& recipe, const Sources& sources, const Rule& rule, const Assignment& decided) {
  const Rule* winner = decided.rule >= 0 ? &recipe.rules[static_cast<size_t>(decided.rule)] : nullptr;
  if (rule.verb == Rule::Verb::Prune && decided.prune_rule >= 0)
    winner = &recipe.rules[static_cast<size_t>(decided.prune_rule)];
  if (winner == nullptr) return "does not decide";
  const std::string place = place_of(sources, winner->span);
  if (winner->overriding) return fmt::format("loses to the override at {}", place);
  if (winner->verb == Rule::Verb::Keep && winner->level == rule.level)
    return fmt::format("loses to the keep at {}: within a file keep wins", place);
  return fmt::format("{} is the one that decides", place);
}

void add_rules(const Recipe& recipe, const Sources& sources, const TypedRecipe& typed, uint32_t unit, bool points,
               const Assignment& decided, Explanation& why) {
  for (size_t r = 0; r < recipe.rules.size(); ++r) {
    const Rule& rule = recipe.rules[r];
    if (is_of_points(recipe, typed, r) != points || !names(typed, r, unit)) continue;
    const bool wins = decided.rule == static_cast<int32_t>(r) || decided.prune_rule == static_cast<int32_t>(r);
    why.rules.push_back({one_line(sources, rule.span), place_of(sources, rule.span),
                         wins ? "decides" : outcome(recipe, sources, rule, decided), wins});
  }
  if (decided.rule < 0 && decided.prune_rule < 0)
    why.rules.push_back({recipe.default_keep ? "default keep" : "default refuse",
                         place_of(sources, recipe.default_span), "decides: no rule names it", true});
}

std::string result_of(const Assignment& decided) {
  std::string text = precision_words(decided);
  if (const std::string stack = stack_words(decided); !stack.empty()) text += " with " + stack;
  if (const std::string pruning = pruning_words(decided); !pruning.empty()) text += ", pruned " + pruning;
  return text;
}

void describe_module(const ModelGraph& graph, const Checkpoint& checkpoint, uint32_t m, Explanation& why) {
  const Module& module = graph.modules[m];
  why.kind = name_of(module.kind);
  why.out = module.out;
  why.in = module.in;
  const TensorView* weight = graph.weight(module);
  const char* codecs[] = {"", "fp8 blocks", "mxfp4 blocks", "compressed-tensors"};
  if (module.source_codec != 0) why.stored = codecs[module.source_codec];
  else if (weight != nullptr && weight->present()) why.stored = name_of(checkpoint.tensors[weight->sources[0]].dtype);
  if (module.tied_to >= 0) why.tied = graph.modules[static_cast<size_t>(module.tied_to)].path;
  for (const FusedGroup& group : graph.fused) {
    if (std::find(group.members.begin(), group.members.end(), m) == group.members.end()) continue;
    std::vector<std::string_view> others;
    for (uint32_t other : group.members)
      if (other != m) others.push_back(graph.modules[other].path);
    why.fused = fmt::format("{} with {}", group.name, fmt::join(others, ", "));
    break;
  }
}

void describe_roles(Role roles, Explanation& why) {
  for (uint32_t bit = 1; bit <= static_cast<uint32_t>(Role::Mtp); bit <<= 1)
    if (has(roles, static_cast<Role>(bit))) why.roles.emplace_back(name_of(static_cast<Role>(bit)));
}

void report_unknown(const ModelGraph& graph, const std::string& path, Diagnostics& diagnostics) {
  std::vector<std::string> all;
  for (const Module& module : graph.modules)
    if (module.path.size() < path.size() + 12 && path.size() < module.path.size() + 12) all.emplace_back(module.path);
  Diagnostic& diagnostic =
      diagnostics.report(codes::L3017, fmt::format("the model has no module or attention point `{}`", path));
  if (const auto near = nearest_few(path, all, 3); !near.empty())
    diagnostic.help(fmt::format("did you mean `{}`?", fmt::join(near, "`, `")));
}

}  // namespace

std::optional<Explanation> explain_module(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                          const Checkpoint& checkpoint, const Sources& sources, const std::string& path,
                                          Diagnostics& diagnostics) {
  Explanation result;
  result.path = path;
  for (uint32_t m = 0; m < graph.modules.size(); ++m) {
    if (graph.modules[m].path != path) continue;
    const Assignment& decided = typed.assignments[typed.of_module[m]];
    describe_module(graph, checkpoint, m, result);
    describe_roles(graph.modules[m].roles, result);
    result.result = result_of(decided);
    add_rules(recipe, sources, typed, m, false, decided, result);
    return result;
  }
  for (uint32_t p = 0; p < graph.points.size(); ++p) {
    if (graph.points[p].path != path) continue;
    const Assignment& decided = typed.assignments[typed.of_point[p]];
    const char* kinds[] = {"keys", "values", "queries"};
    result.kind = kinds[static_cast<size_t>(graph.points[p].kind)];
    result.out = graph.points[p].heads;
    result.in = graph.points[p].width;
    describe_roles(graph.points[p].roles, result);
    result.result = result_of(decided);
    add_rules(recipe, sources, typed, p, true, decided, result);
    return result;
  }
  report_unknown(graph, path, diagnostics);
  return std::nullopt;
}

std::string explanation_text(const Explanation& why) {
  std::string out = fmt::format("{}: {}\n", why.path, why.result);
  out += fmt::format("  {} {} x {}{}{}\n", why.kind, why.out, why.in, why.stored.empty() ? "" : ", stored as ",
                     why.stored);
  if (!why.roles.empty()) out += fmt::format("  roles {}\n", fmt::join(why.roles, ", "));
  if (!why.tied.empty()) out += fmt::format("  shares the weight of {}\n", why.tied);
  if (!why.fused.empty()) out += fmt::format("  servers merge it into {}\n", why.fused);
  for (const WhyRule& rule : why.rules)
    out += fmt::format("  {} {}\n      {}: {}\n", rule.decides ? "*" : " ", rule.text, rule.place, rule.outcome);
  if (!why.group.empty()) out += fmt::format("  chosen under the budget for {}, of\n", why.group);
  for (const std::string& one : why.candidates) out += fmt::format("      {}\n", one);
  return out;
}

std::string explanation_json(const Explanation& why) {
  nlohmann::ordered_json rules = nlohmann::ordered_json::array();
  for (const WhyRule& rule : why.rules)
    rules.push_back({{"text", rule.text}, {"place", rule.place}, {"outcome", rule.outcome}, {"decides", rule.decides}});
  nlohmann::ordered_json all = {{"format_version", "1.0"}, {"module", why.path},       {"kind", why.kind},
                                      {"roles", why.roles},      {"out", why.out},           {"in", why.in},
                                      {"stored", why.stored},    {"tied_to", why.tied},      {"fused", why.fused},
                                      {"result", why.result},    {"rules", std::move(rules)}};
  if (!why.group.empty()) all["group"] = why.group, all["candidates"] = why.candidates;
  return all.dump(2);
}

}  // namespace lcr
