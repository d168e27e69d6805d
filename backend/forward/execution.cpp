#include "backend/forward/execution.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "backend/forward/dtypes.h"
#include "backend/forward/model_stages.h"
#include "backend/forward/template_runner.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// Operations on images; a text never needs their values.
bool needs_image(const Node& node) {
  const Attributes& a = node.attributes;
  switch (node.op) {
    case Op::PatchEmbedding:
    case Op::MergePatches:
    case Op::PoolPatches: return true;
    case Op::LearnedPositions: return a.bilinear;
    case Op::Rope: return !a.rotary->space.empty() && a.rotary->space != "text";
    case Op::Attend: return a.mask.kind == Mask::Kind::ImageWindow;
    default: return false;
  }
}

}  // namespace

std::optional<std::string> cannot_run(const ModelGraph& graph) {
  Liveness live = liveness(graph, 0, absent_inputs(graph), {"ids"});
  const Template& model = graph.templates[0];
  if (live.outputs.empty() || !live.outputs[0]) {
    for (const Node& node : model.nodes)
      if (node.op == Op::Input && node.attributes.name != "ids")
        return fmt::format("the model needs `{}`, and only texts are run in this version", node.attributes.name);
    return "the model computes nothing from a text alone";
  }
  for (size_t i = 0; i < model.nodes.size(); ++i)
    if (live.nodes[i] && needs_image(model.nodes[i])) return "images are not run in this version";
  return std::nullopt;
}

struct Forward::State {
  State(const ModelGraph& graph, const Weights& weights, ForwardOptions options)
      : graph(graph), options(std::move(options)), native(scalar_type(this->options.dtype)),
        cache(weights, native, this->options.device, this->options.resident_bytes),
        runner(graph, cache, this->options.activations, native, this->options.device),
        live(runner.alive(0, absent_inputs(graph))), stages(stages_of(graph.templates[0], live)) {}

  void run(const ModelStage& stage, size_t pack) {
    for (uint32_t node : stage.nodes) {
      runner.run_node(NodePlace{}, node, values[pack], packs[pack]);
      for (ValueId value : live.last[node]) values[pack][value] = {};
      const Node& n = graph.templates[0].nodes[node];
      if (options.observe && n.op == Op::Call) options.observe(n.layer, pack, values[pack][n.outputs[0]].tensor);
    }
  }

  const ModelGraph& graph;
  ForwardOptions options;
  at::ScalarType native;
  WeightCache cache;
  TemplateRunner runner;
  // Of the model's own template.
  const Liveness& live;
  std::vector<ModelStage> stages;
  // By pack, and by value of the model's own template.
  std::vector<PackState> packs;
  std::vector<std::vector<Slot>> values;
};

Forward::Forward(const ModelGraph& graph, const Weights& weights, ForwardOptions options)
    : state_(std::make_unique<State>(graph, weights, std::move(options))) {}
Forward::~Forward() = default;

void Forward::start(const std::vector<Pack>& packs) {
  c10::InferenceMode guard;
  State& s = *state_;
  s.packs.clear();
  s.values.assign(packs.size(), std::vector<Slot>(s.graph.templates[0].values.size()));
  for (const Pack& pack : packs) {
    LCR_CHECK(static_cast<int64_t>(pack.ids.size()) == pack.sequences.rows(), "a pack with other rows than ids");
    s.packs.push_back({pack.sequences, at::tensor(pack.ids, at::kLong).to(at::Device(s.options.device))});
  }
  for (size_t stage = 0; stage + 1 < s.stages.size(); ++stage) {
    for (size_t pack = 0; pack < packs.size(); ++pack) s.run(s.stages[stage], pack);
    s.cache.end_stage();
  }
}

at::Tensor Forward::finish(size_t pack) {
  c10::InferenceMode guard;
  State& s = *state_;
  s.run(s.stages.back(), pack);
  at::Tensor logits = s.values[pack][s.graph.templates[0].outputs[0]].tensor;
  s.values[pack].clear();
  if (pack + 1 == s.packs.size()) s.cache.end_stage();
  return logits;
}

}  // namespace lcr
