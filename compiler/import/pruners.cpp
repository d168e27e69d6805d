#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/program.h"
#include "compiler/import/ratio.h"

namespace lcr::foreign {
namespace {

// `mask_structure` "2:4" keeps two of four; "0:0" and "unstructured" are no pattern.
void read_amount(Keys& keys, std::optional<double> sparsity, const char* key, PrunePass& pass) {
  const Node* structure = keys.take("mask_structure");
  const std::string text = structure == nullptr ? "0:0" : structure->text;
  if (text == "0:0" || text == "unstructured") {
    if (sparsity) pass.amount = "by " + percent(*sparsity);
    else keys.diagnostics().report(codes::L7051, keys.node().span, fmt::format("{} says no `{}`", pass.modifier, key));
    return;
  }
  const size_t colon = text.find(':');
  const auto keep = integer_of({Node::Kind::Scalar, text.substr(0, colon), false, {}, {}, {}});
  const auto of = colon == std::string::npos
                      ? std::nullopt
                      : integer_of({Node::Kind::Scalar, text.substr(colon + 1), false, {}, {}, {}});
  if (!keep || !of || *keep < 1 || *of <= *keep) {
    keys.diagnostics()
        .report(codes::L7052, structure->span, fmt::format("`{}` is no mask structure", text))
        .help("\"2:4\", or \"0:0\" for none");
    return;
  }
  const double removed = 1 - static_cast<double>(*keep) / static_cast<double>(*of);
  if (sparsity && *sparsity != removed)
    keys.diagnostics().report(
        codes::L7053, structure->span,
        fmt::format("a pattern of {} removes {}, and `{}` says {}", text, percent(removed), key, percent(*sparsity)));
  pass.amount = fmt::format("to {}:{}", *keep, *of);
}

std::optional<double> read_share(Keys& keys, const char* key) {
  const Node* node = keys.take(key);
  if (node == nullptr) return std::nullopt;
  const auto share = number_of(*node);
  if (!share)
    keys.diagnostics().report(
        codes::L7053, node->span,
        fmt::format("`{}` is {}: shares that differ by layer are said by `profile`, or by rules of their own", key,
                    describe(*node)));
  return share;
}

// SparseGPT and Wanda share what follows the sparsity.
void read_scored(Keys& keys, PrunePass& pass, std::vector<std::string> arguments) {
  read_amount(keys, read_share(keys, "sparsity"), "sparsity", pass);
  if (keys.truth("preserve_sparsity_mask").value_or(false)) arguments.push_back("zeros = kept");
  const auto outlier = keys.number("owl_m");
  const auto spread = keys.number("owl_lmbda");
  if (auto profile = keys.text("sparsity_profile")) {
    if (*profile != "owl")
      keys.diagnostics()
          .report(codes::L7052, keys.node().find("sparsity_profile")->span, fmt::format("`{}` is no profile", *profile))
          .help("`owl`");
    else
      arguments.push_back(
          fmt::format("profile = owl(outlier = {}, spread = {})", outlier.value_or(5), percent(spread.value_or(0.08))));
  }
  pass.needs_data = true;
  pass.pruner = pass.modifier == "SparseGPTModifier" ? "sparsegpt" : "wanda";
  if (!arguments.empty()) pass.pruner += fmt::format("({})", fmt::join(arguments, ", "));
}

void read_sparsegpt(Keys& keys, PrunePass& pass) {
  std::vector<std::string> arguments;
  if (auto block = keys.integer("block_size"); block && *block != 128)
    arguments.push_back(fmt::format("block = {}", *block));
  if (auto damp = keys.number("dampening_frac"); damp && *damp != 0.01) arguments.push_back("damp = " + percent(*damp));
  keys.leave_out("offload_hessians", "it says where something is computed, which is the planner's part");
  read_scored(keys, pass, std::move(arguments));
}

void read_magnitude(Keys& keys, PrunePass& pass) {
  const auto initial = read_share(keys, "init_sparsity");
  if (initial && *initial != 0)
    keys.diagnostics().report(codes::L7055, keys.node().find("init_sparsity")->span,
                              "weights are pruned once: only the final sparsity has a meaning");
  keys.leave_out("update_scheduler", "weights are pruned once, so that there is nothing to schedule");
  keys.refuse("scheduler_args", "weights are pruned once");
  keys.refuse("apply_globally", "shares are of each tensor; the other tool refuses it as well", {"false", "False"});
  keys.leave_out("leave_enabled", "it is about training");
  read_amount(keys, read_share(keys, "final_sparsity"), "final_sparsity", pass);
  pass.pruner = "magnitude";
}

void read_reap(Keys& keys, PrunePass& pass) {
  pass.experts = true;
  pass.needs_data = true;
  pass.pruner = "reap";
  if (auto share = keys.number("sparsity")) pass.amount = "by " + percent(*share);
  else keys.diagnostics().report(codes::L7051, keys.node().span, "REAPPruningModifier says no `sparsity`");
  keys.leave_out("report_path", "what was measured stands in the report of the run");
}

}  // namespace

PrunePass read_pruner(const std::string& modifier, const Node& node, Diagnostics& diagnostics) {
  Keys keys(node, modifier, diagnostics);
  PrunePass pass;
  pass.modifier = modifier;
  pass.span = node.span;
  if (modifier != "MagnitudePruningModifier" && modifier != "ConstantPruningModifier") read_common(keys);
  else
    for (const char* key : {"start", "end", "update", "index", "group"}) keys.leave_out(key, "weights are pruned once");
  if (modifier == "SparseGPTModifier") read_sparsegpt(keys, pass);
  if (modifier == "WandaPruningModifier") read_scored(keys, pass, {});
  if (modifier == "MagnitudePruningModifier") read_magnitude(keys, pass);
  if (modifier == "ConstantPruningModifier") pass.pruner = "existing";
  if (modifier == "REAPPruningModifier") read_reap(keys, pass);
  std::vector<const Node*> targets = keys.texts("targets");
  std::erase_if(targets, [&](const Node* one) { return one->text == "__ALL_PRUNABLE__"; });
  pass.targets = read_targets(targets, diagnostics);
  pass.ignore = read_targets(keys.texts("ignore"), diagnostics);
  keys.leave_out("sequential_targets", "it says when something is computed, which is the planner's part");
  keys.close();
  return pass;
}

}  // namespace lcr::foreign
