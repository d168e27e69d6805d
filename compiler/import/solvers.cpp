#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/program.h"
#include "compiler/import/ratio.h"

namespace lcr::foreign {
namespace {

constexpr const char* where_and_when = "it says where or when something is computed, which is the planner's part";

void read_gptq(Keys& keys, QuantizePass& pass) {
  pass.solver = "gptq";
  pass.layers = true;
  if (auto block = keys.integer("block_size"); block && *block != 128)
    pass.arguments.push_back(fmt::format("block = {}", *block));
  if (auto damp = keys.number("dampening_frac"); damp && *damp != 0.01)
    pass.arguments.push_back("damp = " + percent(*damp));
  pass.ordered = true;
  // A null is said, too: it means the natural order.
  if (const Node* order = keys.node().find("actorder")) pass.order = order->is_null() ? "none" : order->text;
  keys.take("actorder");
  keys.leave_out("offload_hessians", where_and_when);
}

void read_autoround(Keys& keys, QuantizePass& pass) {
  pass.solver = "autoround";
  const auto steps = keys.integer("iters");
  if (steps && *steps == 0)
    keys.diagnostics()
        .report(codes::L7053, keys.node().find("iters")->span,
                "`iters: 0` has no equivalent: it is a search of ranges of its own")
        .help("nearest is QuantizationModifier with `weight_observer: mse`");
  if (steps && *steps != 200) pass.arguments.push_back(fmt::format("steps = {}", *steps));
  if (auto batch = keys.integer("batch_size"); batch && *batch != 8)
    pass.arguments.push_back(fmt::format("batch = {}", *batch));
  if (auto rate = keys.number("lr")) pass.arguments.push_back(fmt::format("rate = {}", *rate));
  pass.arguments.push_back("seed = 42");
  keys.diagnostics().report(codes::L7055, pass.span,
                            "AutoRoundModifier takes its randomness from the process; here it has a seed of its own");
  for (const char* key : {"device_ids", "enable_torch_compile"}) keys.leave_out(key, where_and_when);
  keys.leave_out("disable_opt_rtn", "it only matters without steps");
}

}  // namespace

QuantizePass read_solver(const std::string& modifier, const Node& node, Program& program, Diagnostics& diagnostics) {
  QuantizePass pass;
  pass.modifier = modifier;
  pass.span = node.span;
  Keys keys(node, modifier, diagnostics);
  read_common(keys);
  if (modifier == "AWQModifier") pass.transforms.push_back(read_awq(keys));
  if (modifier == "GPTQModifier") read_gptq(keys, pass);
  if (modifier == "AutoRoundModifier") read_autoround(keys, pass);
  read_quantization(keys, pass, program);
  for (const char* key : {"sequential_update", "sequential_targets"}) keys.leave_out(key, where_and_when);
  keys.close();
  return pass;
}

}  // namespace lcr::foreign
