#include "planner/plan/layout.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "planner/plan/cache_tensors.h"
#include "planner/plan/names.h"

namespace lcr {
namespace {

constexpr std::string_view inverse_scale = "weight_scale_inv";

bool plain_float(Dtype dtype) { return dtype == Dtype::BF16 || dtype == Dtype::F16 || dtype == Dtype::F32; }

// The scale of FP8 blocks multiplies, whatever its name in the source says: readers of compressed-tensors know it under
// the name that they give to every scale.
std::string stored_name(std::string_view name, bool block_scale, const PlannedExport& exported) {
  if (block_scale && exported.format == "compressed_tensors" && name.ends_with(inverse_scale))
    return std::string(name.substr(0, name.size() - std::string_view("_inv").size()));
  return std::string(name);
}

struct Maker {
  const Plan& plan;
  const PlannedExport& exported;
  const ModelGraph& graph;
  OutputTensor base;
  std::vector<OutputTensor> out;

  // The weight of a quantized module as its container stores it.
  void encoded(const Module& module, const TensorView& view, const Precision& precision) {
    const Encoding encoding = plan_encoding(precision, module.out, module.in, export_dtype(exported, view.dtype));
    for (const EncodedTensor& tensor : encoding.tensors) {
      OutputTensor made = base;
      made.source = OutputTensor::Source::Encoded;
      made.part = tensor.part;
      made.name.reserve(module.path.size() + tensor.suffix.size() + 1);
      made.name.append(module.path).append(".").append(tensor.suffix);
      made.dtype = tensor.dtype;
      made.shape = tensor.shape;
      made.end = uint64_t(tensor.bytes());
      out.push_back(std::move(made));
    }
  }

  // A tensor of a module in plain numbers.
  void logical(const Module& module, const TemplateModule::Tensor& tensor, const TensorView& view) {
    OutputTensor made = base;
    made.source = OutputTensor::Source::Logical;
    made.name = std::string(module.path);
    if (!tensor.name.empty()) made.name.append(".").append(tensor.name);
    made.dtype = export_dtype(exported, view.dtype);
    made.shape = tensor.shape;
    made.end = uint64_t(elements_of(tensor.shape) * size_of(made.dtype));
    out.push_back(std::move(made));
  }

  void module(uint32_t index, const Precision* precision) {
    const Module& module = graph.modules[index];
    const auto& tensors = graph.declaration(module).tensors;
    base.module = int32_t(index);
    for (uint32_t i = 0; i < tensors.size(); ++i) {
      const TensorView* view = view_of(graph, index, i);
      if (view == nullptr) continue;
      base.tensor = i;
      if (precision != nullptr && tensors[i].name == "weight") {
        encoded(module, *view, *precision);
      } else {
        logical(module, tensors[i], *view);
      }
    }
  }
};

// What a static cache format stores beside the attention.
void add_cache(Maker& maker, const Format& format, uint32_t index) {
  const AttentionPoint& point = maker.graph.points[index];
  const std::string_view attention = point.path.substr(0, point.path.rfind('.'));
  const Dtype model = export_dtype(maker.exported, maker.graph.dtype);
  for (const EncodedTensor& tensor : plan_cache(format, point.kind, point.heads, model)) {
    OutputTensor made = maker.base;
    made.source = OutputTensor::Source::Encoded;
    made.part = tensor.part;
    made.point = int32_t(index);
    made.name.append(attention).append(".").append(tensor.suffix);
    made.dtype = tensor.dtype;
    made.shape = tensor.shape;
    made.end = uint64_t(tensor.bytes());
    maker.out.push_back(std::move(made));
  }
}

// Nearly every name needs no escapes.
void append_quoted(std::string& text, std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(),
                                 [](unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
  if (plain) {
    text.append("\"").append(name).append("\"");
  } else {
    text += nlohmann::json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

// 8 bytes of length (little-endian), JSON, spaces up to a multiple of 8 so that the data is aligned.
std::string header_of(const std::vector<OutputTensor>& tensors) {
  std::string text(8, '\0');
  text.reserve(tensors.size() * 128 + 64);
  text += "{\"__metadata__\":{\"format\":\"pt\"}";
  for (const OutputTensor& tensor : tensors) {
    text += ',';
    append_quoted(text, tensor.name);
    fmt::format_to(std::back_inserter(text), ":{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                   name_of(tensor.dtype), fmt::join(tensor.shape, ","), tensor.begin, tensor.end);
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size() - 8;
  for (int i = 0; i < 8; ++i) text[size_t(i)] = char(length >> (8 * i));
  return text;
}

// Gives every tensor its range, counted from the end of the header; false when one would lie across its element's size.
bool place(std::vector<OutputTensor>& tensors) {
  uint64_t offset = 0;
  bool aligned = true;
  for (OutputTensor& tensor : tensors) {
    const uint64_t bytes = tensor.end - tensor.begin;
    aligned = aligned && offset % uint64_t(size_of(tensor.dtype)) == 0;
    tensor.begin = offset;
    tensor.end = offset += bytes;
  }
  return aligned;
}

}  // namespace

NameIndex::NameIndex(const ModelGraph& graph, const Checkpoint& checkpoint) : raw(checkpoint.tensors.size(), Raw::No) {
  modules.reserve(graph.modules.size());
  for (uint32_t i = 0; i < graph.modules.size(); ++i) modules.emplace(graph.modules[i].path, i);
  for (uint32_t i = 0; i < graph.points.size(); ++i) points.emplace(graph.points[i].path, i);
  for (const Passed& passed : graph.passed) raw[passed.tensor] = Raw::Verbatim;
  for (const TensorView& view : graph.tensors) {
    if (view.codec == TensorView::Codec::None) continue;
    for (uint32_t source : view.sources) raw[source] = Raw::Verbatim;
    if (view.codec == TensorView::Codec::Fp8Block && view.sources.size() > 1) raw[view.sources[1]] = Raw::BlockScale;
  }
}

int64_t NameIndex::module(std::string_view path) const {
  const auto found = modules.find(path);
  return found == modules.end() ? -1 : int64_t(found->second);
}

int64_t NameIndex::point(std::string_view path) const {
  const auto found = points.find(path);
  return found == points.end() ? -1 : int64_t(found->second);
}

const TensorView* view_of(const ModelGraph& graph, uint32_t module, uint32_t tensor) {
  const Module& self = graph.modules[module];
  const TensorView& own = graph.views(self)[tensor];
  if (own.present()) return &own;
  if (self.tied_to < 0 || graph.declaration(self).tensors[tensor].name != "weight") return nullptr;
  return graph.weight(graph.modules[size_t(self.tied_to)]);
}

Dtype export_dtype(const PlannedExport& exported, Dtype stored) {
  if (exported.dtype.empty() || !plain_float(stored)) return stored;
  if (exported.dtype == "bf16") return Dtype::BF16;
  return exported.dtype == "f16" ? Dtype::F16 : Dtype::F32;
}

Dtype matrix_dtype(const OnlineMatrix& matrix) { return matrix.kind == "random" ? Dtype::F32 : Dtype::BF16; }

Dtype solved_scale_dtype(const Plan& plan, Dtype stored) {
  for (const PlannedExport& exported : plan.exports)
    if (exported.format == "compressed_tensors") return export_dtype(exported, stored);
  return stored;
}

std::vector<OutputTensor> outputs_of(const Plan& plan, const PlannedExport& exported, uint32_t unit, uint32_t instance,
                                     uint32_t job_index, int64_t expert, const ModelGraph& graph,
                                     const Checkpoint& checkpoint, const NameIndex& names) {
  const Job& job = plan.units[unit].jobs[job_index];
  const std::string& path = plan.units[unit].instances[instance];
  Maker maker{plan, exported, graph, {}, {}};
  maker.base.unit = unit, maker.base.instance = instance, maker.base.job = job_index,
  maker.base.expert = int32_t(expert);

  for (const std::string& relative : job.tensors) {
    const std::string name = name_in(path, relative, expert);
    const int64_t stored = checkpoint.find(name);
    if (stored < 0) return {};
    const StoredTensor& tensor = checkpoint.tensors[size_t(stored)];
    const NameIndex::Raw raw = names.raw[size_t(stored)];
    OutputTensor made = maker.base;
    made.stored = int32_t(stored);
    made.name = stored_name(tensor.name, raw == NameIndex::Raw::BlockScale, exported);
    made.dtype = raw == NameIndex::Raw::No ? export_dtype(exported, tensor.dtype) : tensor.dtype;
    made.shape = tensor.shape;
    made.end = uint64_t(elements_of(tensor.shape) * size_of(made.dtype));
    maker.out.push_back(std::move(made));
  }

  for (const std::string& name : job.matrices) {
    const auto matrix = plan.matrices.find(name);
    if (exported.format != "compressed_tensors" || matrix == plan.matrices.end()) return {};
    OutputTensor made = maker.base;
    made.source = OutputTensor::Source::Matrix;
    made.name = name;
    made.dtype = matrix_dtype(matrix->second);
    made.shape = {matrix->second.size, matrix->second.size};
    made.end = uint64_t(elements_of(made.shape) * size_of(made.dtype));
    maker.out.push_back(std::move(made));
  }

  const bool solved = !job.precision.empty() && exported.format == "compressed_tensors";
  const Precision* precision = solved ? &plan.precisions.at(job.precision) : nullptr;
  for (const std::string& relative : job.modules) {
    const int64_t module = names.module(name_in(path, relative, expert));
    if (module < 0) return {};
    maker.module(uint32_t(module), precision);
  }

  if (exported.format != "compressed_tensors") return std::move(maker.out);
  for (const std::string& relative : job.points) {
    const int64_t point = names.point(name_in(path, relative));
    if (point < 0) return {};
    add_cache(maker, plan.caches.at(job.cache).format, uint32_t(point));
  }
  return std::move(maker.out);
}

ShardLayout lay_out(std::string file, std::vector<OutputTensor> tensors) {
  // The header's length depends on the offsets' digits, so they are counted from its end first.
  if (!place(tensors)) {
    std::stable_sort(tensors.begin(), tensors.end(),
                     [](const OutputTensor& a, const OutputTensor& b) { return size_of(a.dtype) > size_of(b.dtype); });
    place(tensors);
  }
  ShardLayout shard;
  shard.file = std::move(file);
  shard.header = header_of(tensors);
  shard.tensors = std::move(tensors);
  for (OutputTensor& tensor : shard.tensors) {
    tensor.begin += shard.header.size();
    tensor.end += shard.header.size();
  }
  shard.bytes = shard.tensors.empty() ? shard.header.size() : shard.tensors.back().end;
  return shard;
}

std::vector<ShardLayout> layout_outputs(const Plan& plan, size_t export_index, const ModelGraph& graph,
                                        const Checkpoint& checkpoint) {
  return layout_outputs(plan, export_index, graph, checkpoint, NameIndex(graph, checkpoint));
}

std::vector<ShardLayout> layout_outputs(const Plan& plan, size_t export_index, const ModelGraph& graph,
                                        const Checkpoint& checkpoint, const NameIndex& names) {
  const PlannedExport& exported = plan.exports[export_index];
  std::vector<ShardLayout> shards;
  for (const OutputShard& shard : exported.shards) {
    std::vector<OutputTensor> tensors;
    tensors.reserve(size_t(std::clamp<int64_t>(shard.tensors, 0, 1 << 20)));
    for (const ShardRun& run : shard.runs)
      for_each_step(run, [&](uint32_t job, int64_t expert) {
        auto made = outputs_of(plan, exported, run.unit, run.instance, job, expert, graph, checkpoint, names);
        std::move(made.begin(), made.end(), std::back_inserter(tensors));
      });
    shards.push_back(lay_out(shard.file, std::move(tensors)));
  }
  return shards;
}

}  // namespace lcr
