#include "backend/evaluate/runnable_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "backend/evaluate/online.h"
#include "backend/forward/execution.h"
#include "backend/forward/fake_quantize.h"
#include "compiler/check/source_config.h"
#include "compiler/diagnostics/codes/evaluate.h"
#include "compiler/model/width.h"

namespace lcr {
namespace {

ActivationScales scales_of(const CheckpointWeights& weights, std::string_view path, std::string_view side) {
  auto stored = [&](std::string_view what) {
    at::Tensor tensor = weights.stored(fmt::format("{}.{}_{}", path, side, what));
    return tensor.defined() ? tensor.to(at::kFloat) : tensor;
  };
  return {stored("scale"), stored("zero_point"), stored("global_scale")};
}

// A static format without its scale would run as if it were dynamic.
bool complete(const Format& format, const ActivationScales& scales) {
  if (format.global) return scales.global_scale.defined();
  return format.dynamic || scales.scale.defined();
}

// What the configuration says of caches and queries, for every attention that text runs through.
void add_attentions(const RunnableModel& model, const SourceConfig& source, ActivationFormats& formats,
                    Diagnostics& diagnostics) {
  if (!source.cache() && !source.queries()) return;
  for (const AttentionPoint& point : model.graph.points) {
    const bool queries = point.kind == AttentionPoint::Kind::Queries;
    const std::optional<Format>& format = queries ? source.queries() : source.cache();
    if (!format) continue;
    const std::string_view attention = point.path.substr(0, point.path.rfind('.'));
    if (model.graph.templates[model.graph.instances[point.instance].id].nodes[point.node].cached.size() == 2) {
      diagnostics.report(codes::L8011, fmt::format("what `{}` caches is not what it computes with", attention));
      return;
    }
    const char* name = queries ? "q" : point.kind == AttentionPoint::Kind::Keys ? "k" : "v";
    AttentionActivations::Point one{format, scales_of(*model.weights, attention, name)};
    const bool fits = format->dynamic || (one.scales.scale.defined() &&
                                          one.scales.scale.numel() == (format->per == Per::Head ? point.heads : 1));
    if (!fits || (format->per == Per::Group && (format->group <= 0 || point.width % format->group != 0))) {
      diagnostics.report(codes::L8011, fmt::format("`{}` has static {}, and no scale that fits them", attention,
                                                   queries ? "queries" : "caches"));
      continue;
    }
    AttentionActivations& at = formats.attentions[{point.instance, point.node}];
    (queries ? at.queries : point.kind == AttentionPoint::Kind::Keys ? at.keys : at.values) = std::move(one);
  }
}

// Widths that groups do not divide: no reader runs these.
bool divides(const std::optional<Format>& format, int64_t width) {
  return !format || format->per != Per::Group || (format->group > 0 && width % format->group == 0);
}

std::shared_ptr<ActivationFormats> activations_of(const RunnableModel& model, Diagnostics& diagnostics) {
  auto formats = std::make_shared<ActivationFormats>();
  const SourceConfig source(model.checkpoint);
  if (!source.unreadable().empty())
    diagnostics.report(codes::L8011,
                       fmt::format("`{}` in quantization_config is no regular expression", source.unreadable()));
  for (uint32_t index = 0; index < model.graph.modules.size(); ++index) {
    const Module& module = model.graph.modules[index];
    if (module.kind != ModuleKind::Linear || module.source_codec == 0) continue;
    const Carried* stored = source.of(module);
    if (stored == nullptr || (!stored->precision.input && !stored->precision.output)) continue;
    ModuleActivations sides{stored->precision.input, stored->precision.output,
                            scales_of(*model.weights, module.path, "input"),
                            scales_of(*model.weights, module.path, "output")};
    if ((sides.input && !complete(*sides.input, sides.input_scales)) ||
        (sides.output && !complete(*sides.output, sides.output_scales))) {
      diagnostics.report(codes::L8011, fmt::format("`{}` has static activations and no scale for them", module.path));
      continue;
    }
    if (!divides(sides.input, module.in) || !divides(sides.output, module.out)) {
      // True of all layers, and said once.
      diagnostics.report(codes::L8011,
                         fmt::format("the groups of the activations of `{}` do not divide its width", module.path));
      return nullptr;
    }
    formats->modules.emplace(index, std::move(sides));
  }
  add_attentions(model, source, *formats, diagnostics);
  formats->online = read_online(model, diagnostics);
  if (formats->modules.empty() && formats->attentions.empty() && formats->online.empty()) return nullptr;
  return formats;
}

}  // namespace

int64_t RunnableModel::vocabulary() const {
  // The model's first output is its logits.
  const Template& model = graph.templates[0];
  return model.values[model.outputs[0]].dims.back();
}

int64_t RunnableModel::width() const { return widest_layer_output(graph); }

std::unique_ptr<RunnableModel> load_runnable(Sources& sources, const std::string& folder,
                                             const std::string& architecture, Diagnostics& diagnostics) {
  auto model = std::make_unique<RunnableModel>();
  auto checkpoint = read_checkpoint(folder, diagnostics);
  if (!checkpoint) return nullptr;
  model->checkpoint = std::move(*checkpoint);
  auto graph = elaborate(sources, model->checkpoint, {architecture}, diagnostics);
  if (!graph) return nullptr;
  model->graph = std::move(*graph);
  if (auto reason = cannot_run(model->graph)) {
    diagnostics.report(codes::L8010, fmt::format("`{}` cannot be run: {}", folder, *reason));
    return nullptr;
  }
  model->weights = CheckpointWeights::open(model->checkpoint, model->graph, diagnostics);
  if (!model->weights) return nullptr;
  model->activations = activations_of(*model, diagnostics);
  return diagnostics.has_errors() ? nullptr : std::move(model);
}

}  // namespace lcr
