#include "compiler/check/online.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/facts/facts.h"

namespace lcr {
namespace {

// Whether the linear of a template reads what elementwise operations made: then nothing before it can absorb a rotation.
bool reads_product(const Template& self, const Node& linear) {
  const uint32_t maker = self.values[behind_casts(self, linear.inputs[0])].node;
  return maker != none_id && (self.nodes[maker].op == Op::Multiply || self.nodes[maker].op == Op::Activate);
}

bool rotates(const TransformStatement& statement, std::string_view space) {
  const auto found = statement.algorithm.parameters.find("rotations");
  if (found == statement.algorithm.parameters.end()) return false;
  const auto* names = std::get_if<std::vector<std::string>>(&found->second);
  return names != nullptr && std::find(names->begin(), names->end(), space) != names->end();
}

// The parameters that a matrix follows from.
std::string matrix_of(const Algorithm& algorithm, int64_t width) {
  std::string text = algorithm.name;
  for (const char* name : {"kind", "seed", "block"}) {
    const auto found = algorithm.parameters.find(name);
    if (found == algorithm.parameters.end()) continue;
    if (const auto* word = std::get_if<std::string>(&found->second)) text += " " + *word;
    if (const auto* number = std::get_if<int64_t>(&found->second)) text += fmt::format(" {} {}", name, *number);
  }
  return fmt::format("{} of {}", text, width);
}

void add_stack(const Stack& stack, const Module& module, uint32_t index, OnlineUses& uses) {
  for (const Algorithm& algorithm : stack.transforms) {
    if (algorithm.name != "quip") continue;
    for (const std::string& side : std::get<std::vector<std::string>>(algorithm.parameters.at("rotations")))
      (side == "v" ? uses.input : uses.output)[index] = matrix_of(algorithm, side == "v" ? module.in : module.out);
  }
}

}  // namespace

std::vector<uint32_t> inner_linears(const ModelGraph& graph) {
  std::vector<std::vector<bool>> reading;  // by template and module
  for (const Template& self : graph.templates) {
    auto& found = reading.emplace_back(self.modules.size(), false);
    for (const Node& node : self.nodes)
      if (node.op == Op::Linear && !node.unused && reads_product(self, node)) found[node.module] = true;
  }
  std::vector<uint32_t> result;
  for (uint32_t m = 0; m < graph.modules.size(); ++m) {
    const Module& module = graph.modules[m];
    const bool inner = has(module.roles, Role::Mlp) || has(module.roles, Role::Expert);
    if (module.kind == ModuleKind::Linear && inner && has(module.roles, Role::Decoder) &&
        reading[module.owner][module.local])
      result.push_back(m);
  }
  return result;
}

std::vector<RotatedAttention> decoder_attentions(const ModelGraph& graph) {
  std::vector<RotatedAttention> result;
  for (uint32_t i = 0; i < graph.instances.size(); ++i) {
    const Instance& instance = graph.instances[i];
    const Template& self = graph.templates[instance.id];
    for (uint32_t n = 0; n < self.nodes.size(); ++n) {
      const Node& node = self.nodes[n];
      if (node.op != Op::Attend || node.unused || !has(node.roles, Role::Decoder)) continue;
      const char* dot = instance.path.empty() || node.attention.empty() ? "" : ".";
      result.push_back({instance.path + dot + node.attention, self.values[node.inputs[0]].dims.back(), i, n});
    }
  }
  return result;
}

OnlineUses online_uses(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, Selector& selector) {
  OnlineUses uses;
  uses.input.resize(graph.modules.size());
  uses.output.resize(graph.modules.size());
  for (uint32_t m = 0; m < graph.modules.size(); ++m) {
    const Assignment& assignment = typed.assignments[typed.of_module[m]];
    if (assignment.stack) add_stack(*assignment.stack, graph.modules[m], m, uses);
    for (const Candidate& candidate : assignment.candidates)
      if (candidate.stack) add_stack(*candidate.stack, graph.modules[m], m, uses);
  }
  for (const TransformStatement& statement : recipe.transforms) {
    uses.attention = uses.attention || rotates(statement, "R3");
    if (!rotates(statement, "R4")) continue;
    std::optional<UnitSet> on;
    if (statement.on) on = selector.match(*statement.on);
    for (uint32_t m : inner_linears(graph))
      if (!on || on->contains(m)) uses.input[m] = matrix_of(statement.algorithm, graph.modules[m].in);
  }
  return uses;
}

}  // namespace lcr
