#include "planner/schedule/price_learning.h"

#include <algorithm>
#include <map>
#include <vector>

#include "compiler/model/width.h"
#include "planner/plan/learning.h"
#include "planner/schedule/rates.h"

namespace lcr {
namespace {

// Values that a layer keeps for the way back, in widths of its widest; those that are rounded are there twice.
constexpr int64_t saved_widths = 20;
// Bytes of one element of the largest weight while it is folded in float64, rounded and differentiated.
constexpr int64_t folding_bytes = 64;
// float32 copies of logits: both models', their probabilities and what flows back.
constexpr int64_t logit_copies = 7;
// Passes of a step over the weights, in products of one forward: the unchanged model, there, there again and back (two).
constexpr double passes = 5;
// Folds of a step, in products with the stream's matrix: there, there again, once more with a record and back; float64
// takes a processor twice as long.
constexpr double folds = 4 * 2;

struct Work {
  int64_t weights = 0, largest = 0, widest = 0;  // elements of the heaviest instance, of a weight; features of a value
  double flops = 0;                              // of a token through all products
  double folded = 0;                             // elements of all weights
};

// Share of the tokens that one expert of a template sees.
std::map<TemplateId, double> shares(const ModelGraph& graph) {
  std::map<TemplateId, double> routed;
  for (const Template& layer : graph.templates)
    for (const Node& node : layer.nodes)
      if (node.op == Op::Dispatch)
        routed[node.callee] =
            double(elements_of(layer.values[node.inputs[1]].dims)) / double(std::max<int64_t>(1, node.attributes.experts));
  return routed;
}

Work measure(const ModelGraph& graph) {
  const std::map<TemplateId, double> routed = shares(graph);
  std::vector<int64_t> of_instance(graph.instances.size());
  Work work;
  for (const Module& module : graph.modules) {
    const int64_t elements = module.out * module.in;
    if (module.kind == ModuleKind::Opaque) continue;
    of_instance[module.instance] += elements;
    work.largest = std::max(work.largest, elements);
    work.folded += double(elements);
    if (module.kind != ModuleKind::Linear) continue;
    if (module.instance != 0) work.widest = std::max({work.widest, module.in, 2 * module.out});
    const auto share = routed.find(module.owner);
    work.flops += 2 * double(elements) * (share == routed.end() ? 1 : share->second);
  }
  work.weights = *std::max_element(of_instance.begin(), of_instance.end());
  return work;
}

}  // namespace

void price_learning(const ModelGraph& graph, Plan& plan) {
  const auto learned =
      std::find_if(plan.rotations.begin(), plan.rotations.end(), [](const Rotation& one) { return one.kind == "learned"; });
  if (learned == plan.rotations.end() || !plan.calibration) return;
  const bool cpu = plan.device == "cpu";
  const int64_t element = cpu ? 4 : size_of(graph.dtype), length = plan.calibration->data.length;
  const int64_t vocabulary = graph.templates[0].values[graph.templates[0].outputs[0]].dims.back();
  const int64_t tokens = std::min(learned_batch, learned->samples) * length, pack = std::min(tokens, learned_pack(vocabulary, length));
  const Work work = measure(graph);
  // Inputs of all layers, the unchanged model's last values, and what flows back.
  const int64_t waiting = tokens * widest_layer_output(graph) * element * (int64_t(graph.instances.size()) + 2);
  // Weights with their gradients, the head of both models among them.
  const int64_t weights = 3 * work.weights * element + work.largest * folding_bytes;
  const int64_t values = std::max(pack * work.widest * saved_widths * element, pack * vocabulary * 4 * logit_copies);
  const int64_t live = waiting + weights + values;

  Prediction& predicted = plan.predicted;
  plan.calibration->learning_host = cpu ? live : work.weights * size_of(graph.dtype);
  plan.calibration->learning_device = cpu ? 0 : live + device_fixed;
  predicted.host_peak = std::max(predicted.host_peak, plan.fixed_bytes + plan.calibration->learning_host);
  predicted.device_peak = std::max(predicted.device_peak, plan.calibration->learning_device);
  const bool stream = std::any_of(plan.rotations.begin(), plan.rotations.end(), [](const Rotation& one) { return one.space == "R1"; });
  const double of_step = passes * double(tokens) * work.flops + (stream ? folds * 2 * double(learned->size) * work.folded : 0);
  const double flops = double(learned->steps) * of_step;
  const double seconds = flops / (cpu ? cpu_flops * std::max(1, plan.workers) : cuda_flops);
  predicted.flops += flops;
  predicted.seconds += seconds;
  for (Alternative& one : predicted.alternatives) {
    one.seconds += seconds;
    if (predicted.host_peak > one.host_peak) one.host_peak = predicted.host_peak, one.set_by = "learning the rotations";
    one.device_peak = std::max(one.device_peak, predicted.device_peak);
  }
}

}  // namespace lcr
