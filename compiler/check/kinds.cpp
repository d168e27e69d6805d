#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/check/examples.h"
#include "compiler/check/rules.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/language/algorithms.h"

namespace lcr {
namespace {

// The modules of all classes that break one rule of a recipe in one way: one diagnostic for them.
using ByRule = std::map<const Rule*, std::vector<uint32_t>>;

void gather(ByRule& found, const Rule* rule, const ModuleClass& one) {
  if (rule != nullptr) found[rule].insert(found[rule].end(), one.modules.begin(), one.modules.end());
}

Diagnostic& report(const CheckContext& context, Code code, const Rule* rule, std::string message,
                   const std::vector<uint32_t>& modules) {
  Diagnostic& diagnostic =
      context.diagnostics.report(code, rule->selection.span, std::move(message), count_of(modules.size()));
  return name_units(diagnostic, context.graph, modules);
}

// An override says in so many words that the router is meant.
void check_routers(const CheckContext& context) {
  ByRule found;
  for (const ModuleClass& one : context.classes) {
    if (!has(one.roles, Role::Router)) continue;
    const Assignment& assignment = context.assignment(one);
    const Rule* rule = context.quantized(one) ? context.rule(assignment) : nullptr;
    if (rule != nullptr && !rule->overriding) gather(found, rule, one);
    rule = context.prune_rule(assignment);
    if (rule != nullptr && !rule->overriding) gather(found, rule, one);
  }
  for (const auto& [rule, modules] : found)
    report(context, codes::L4052, rule, "rule changes routers, whose rounding sends tokens to other experts", modules)
        .help("`keep role(router)`; to change them all the same, write that and `override … role(router) …`");
}

void check_kinds_of_rules(const CheckContext& context) {
  std::map<ModuleKind, ByRule> found;
  for (const ModuleClass& one : context.classes) {
    if (one.kind == ModuleKind::Linear) continue;
    const Assignment& assignment = context.assignment(one);
    if (context.quantized(one) && one.kind != ModuleKind::Embedding)
      gather(found[one.kind], context.rule(assignment), one);
    gather(found[one.kind], context.prune_rule(assignment), one);
  }
  for (const auto& [kind, rules] : found)
    for (const auto& [rule, modules] : rules) {
      if (kind == ModuleKind::Opaque) {
        report(context, codes::L4054, rule,
               fmt::format("rule changes modules that the description of `{}` only copies", context.graph.architecture),
               modules)
            .help("they can only be kept: add `keep` for them, or write `type(linear) & …`, which never finds them");
        continue;
      }
      const char* what = rule->verb == Rule::Verb::Prune ? "prunes" : "quantizes";
      report(context, codes::L4053, rule,
             fmt::format("rule {} modules of type {}, which stay as they are", what, name_of(kind)), modules)
          .help(rule->verb == Rule::Verb::Prune ? "write `type(linear) & …`"
                                                : "write `type(linear) & …`, or keep them");
    }
}

// What no reader stores, or no solver does, for an embedding; empty when all is well.
std::string embedding_problem(const Choice& choice) {
  const Precision& precision = *choice.precision;
  if (precision.input || precision.output) return "an embedding reads no activations that could be quantized";
  if (precision.weights->element != Element::Int) return "readers know integer weights of embeddings only";
  if (precision.weights->per != Per::Group && precision.weights->per != Per::Channel)
    return "readers want a scale a group or a channel of embeddings";
  if (!precision.weights->symmetric) return "readers know symmetric weights of embeddings only";
  if (choice.stack == nullptr) return {};
  if (!choice.stack->transforms.empty())
    return fmt::format("`{}` needs a linear layer", choice.stack->transforms[0].name);
  if (choice.stack->solver.name != "rtn") return fmt::format("`{}` needs a linear layer", choice.stack->solver.name);
  return {};
}

void check_embeddings(const CheckContext& context) {
  for (const ModuleClass& one : context.classes) {
    if (one.kind != ModuleKind::Embedding) continue;
    for (const Choice& choice : context.choices(context.assignment(one))) {
      const std::string problem = embedding_problem(choice);
      if (problem.empty()) continue;
      Diagnostic& diagnostic = context.diagnostics.report(codes::L4055, choice.span,
                                                          fmt::format("embedding cannot be quantized so: {}", problem));
      name_units(diagnostic, context.graph, one.modules);
      diagnostic.help("give embeddings a rule of their own: weight-only integers, `with rtn`");
    }
  }
}

void check_unused(const CheckContext& context) {
  ByRule found;
  for (const ModuleClass& one : context.classes) {
    if (!context.graph.templates[one.owner].modules[one.local].unused) continue;
    const Assignment& assignment = context.assignment(one);
    if (!needs_data(context.recipe, assignment)) continue;
    gather(found, context.quantized(one) ? context.rule(assignment) : context.prune_rule(assignment), one);
  }
  for (const auto& [rule, modules] : found)
    report(context, codes::L4062, rule, "algorithm needs data, and the model never runs these modules", modules)
        .help("keep them, or give them `with rtn` and dynamic activations");
}

// The layer's outputs are what is tuned for.
void check_tuned(const CheckContext& context) {
  std::map<const Rule*, std::vector<uint32_t>> found;
  for (const ModuleClass& one : context.classes) {
    if (one.kind != ModuleKind::Linear) continue;
    const auto choices = context.choices(context.assignment(one));
    const bool tuned = std::any_of(choices.begin(), choices.end(), [](const Choice& choice) {
      return choice.stack != nullptr && choice.stack->solver.name == "autoround";
    });
    if (!tuned) continue;
    for (uint32_t m : one.modules)
      if (context.graph.modules[m].instance == 0) found[context.rule(context.assignment(one))].push_back(m);
  }
  for (const auto& [rule, modules] : found)
    report(context, codes::L4092, rule, "`autoround` tunes the linears of a layer together, and some of these stand in no layer", modules)
        .help("take them out of the selection with `except`, and keep them or give them a rule `with gptq` or `with rtn`");
}

// Experts are removed whole: every linear of an expert, or none.
void check_whole_experts(const CheckContext& context) {
  ByRule partial;
  for (const ModuleClass& one : context.classes) {
    const Rule* rule = context.prune_rule(context.assignment(one));
    if (rule == nullptr || !rule->pruner || rule->pruner->name != "reap") continue;
    if (!has(one.roles, Role::Expert)) gather(partial, rule, one);
  }
  for (const auto& [rule, modules] : partial)
    report(context, codes::L4071, rule, "`reap` removes experts, and these modules belong to none", modules)
        .help("write `role(expert) & …`");
}

}  // namespace

void check_kinds(const CheckContext& context) {
  check_routers(context);
  check_kinds_of_rules(context);
  check_embeddings(context);
  check_unused(context);
  check_tuned(context);
  check_whole_experts(context);
}

}  // namespace lcr
