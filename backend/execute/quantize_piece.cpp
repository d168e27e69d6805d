#include <algorithm>
#include <cstring>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "backend/execute/make_piece.h"
#include "backend/formats/decode.h"
#include "backend/formats/search.h"
#include "compiler/diagnostics/check.h"
#include "compiler/diagnostics/codes/run.h"

namespace lcr {

namespace {

// One module of a job: what goes in and where its parts go.
struct Target {
  uint32_t module = 0, tensor = 0;  // the weight
  const TensorView* view = nullptr;
  Dims shape;  // out, in
  Quantizer quantizer;
  TensorRange range;      // of a weight with one scale
  float global = 1.f;     // weight_global_scale
  std::vector<const OutputTensor*> encoded;
  const OutputTensor* dense = nullptr;      // of a dense export: what the codes decode to
  std::vector<const OutputTensor*> others;  // bias

  const OutputTensor* find(Part part) const {
    for (const OutputTensor* output : encoded) {
      if (output->part == part) return output;
    }
    return nullptr;
  }
};

class QuantizeJob {
 public:
  QuantizeJob(const RunContext& run, const Task& task, Worker& worker, ShardWriter& writer, Diagnostics& diagnostics)
      : run_(run), task_(task), worker_(worker), writer_(writer), diagnostics_(diagnostics) {
    for (const OutputTensor* output : task.outputs) add(*output);
  }

  // Some rows of the only module, whose scales need no other rows.
  bool rows(int64_t first, int64_t count) {
    Target& target = targets_.front();
    return tile(target, first, count) && (first > 0 || write_constants(target));
  }

  // Every module of the job, one after the other, after a look at all of their rows where their scales need it.
  bool whole() {
    bool shared = std::any_of(targets_.begin(), targets_.end(), [](const Target& t) { return t.quantizer.codec.two_passes(); });
    if (shared && !find_ranges()) return false;
    for (Target& target : targets_) {
      bool good = each_tile(target, [&](int64_t first, int64_t count) { return tile(target, first, count); });
      if (!good || !write_constants(target)) return false;
    }
    return true;
  }

 private:
  void add(const OutputTensor& output) {
    auto module = static_cast<uint32_t>(output.module);
    auto found = std::find_if(targets_.begin(), targets_.end(), [&](const Target& t) { return t.module == module; });
    if (found == targets_.end()) {
      targets_.emplace_back();
      found = targets_.end() - 1;
      found->module = module;
    }
    bool encoded = output.source == OutputTensor::Source::Encoded;
    const TemplateModule& declared = run_.graph.declaration(run_.graph.modules[module]);
    if (!encoded && declared.tensors[output.tensor].name != "weight") {
      found->others.push_back(&output);
      return;
    }
    if (found->view == nullptr) prepare(*found, output.tensor);
    if (encoded) {
      found->encoded.push_back(&output);
    } else {
      found->dense = &output;
    }
  }

  void prepare(Target& target, uint32_t tensor) {
    const Module& module = run_.graph.modules[target.module];
    target.tensor = tensor;
    target.view = view_of(run_.graph, target.module, tensor);
    target.shape = {module.out, module.in};
    const Precision& precision = run_.plan.precisions.at(task_.job->precision);
    const Stack& stack = run_.plan.stacks.at(task_.job->stack);
    auto range = stack.solver.parameters.find("range");
    Observer observer = range != stack.solver.parameters.end() ? std::get<Observer>(range->second) : Observer{};
    // A dense export holds what the compressed one beside it decodes to: its dtype is that of the decoded values alone.
    const Dtype scales = run_.exported.format == "dense" ? solved_scale_dtype(run_.plan, target.view->dtype)
                                                         : export_dtype(run_.exported, target.view->dtype);
    target.quantizer = make_quantizer(precision, observer, module.out, module.in, scales);
  }

  // `stay`: for the worker's engine alone.
  WeightRows read(const Target& target, int64_t first, int64_t count, bool stay = true) {
    // Quantized sources are decoded to fp32: rounding them to the model's dtype first would lose twice.
    return read_rows(run_, target.module, target.tensor, target.shape, first, count, Dtype::F32,
                     stay && worker_.engine->reads_device(), worker_, diagnostics_);
  }

  template <typename Function>
  bool each_tile(const Target& target, Function function) {
    int64_t rows = target.shape[0], step = task_.job->tile_rows > 0 ? task_.job->tile_rows : rows;
    for (int64_t first = 0; first < rows; first += step) {
      if (!function(first, std::min(step, rows - first))) return false;
    }
    return true;
  }

  // First pass: ranges of all rows, joined over the modules that share a global scale.
  bool find_ranges() {
    float absmax = 0;
    for (Target& target : targets_) {
      WeightRange range;
      bool good = each_tile(target, [&](int64_t first, int64_t count) {
        WeightRows rows = read(target, first, count);
        WeightRange of_tile;
        if (rows.data == nullptr || !worker_.engine->observe(rows, first, of_tile, diagnostics_)) return false;
        range.merge(of_tile);
        return true;
      });
      if (!good) return false;
      if (range.non_finite.count > 0) return refuse(target, range.non_finite);
      absmax = std::max(absmax, range.absmax());
      target.range = {range.low, range.high};
      if (target.quantizer.codec.whole_tensor && !target.quantizer.shrinks.empty() && !shrink(target)) return false;
    }
    for (Target& target : targets_) target.global = target.quantizer.codec.global ? global_scale(absmax) : 1.f;
    return true;
  }

  // One scale a tensor, searched: the error of every candidate over all rows.
  bool shrink(Target& target) {
    std::vector<int64_t> errors;
    bool good = each_tile(target, [&](int64_t first, int64_t count) {
      WeightRows rows = read(target, first, count, /*stay=*/false);
      if (rows.data == nullptr) return false;
      add_tensor_errors(target.quantizer, rows, target.range, errors);
      return true;
    });
    target.range = best_range(target.quantizer, target.range, errors);
    return good;
  }

  bool tile(Target& target, int64_t first, int64_t count) {
    WeightRows rows = read(target, first, count);
    if (rows.data == nullptr) return false;
    const Codec& codec = target.quantizer.codec;
    int64_t scale_rows = (count + codec.grid.unit_rows - 1) / codec.grid.unit_rows;
    worker_.codes.resize(static_cast<size_t>(count * codec.code_row_bytes()));
    worker_.scales.resize(static_cast<size_t>(scale_rows * codec.scale_row_bytes()));
    int64_t points_begin = codec.symmetric ? 0 : zero_point_offset(codec, first);
    int64_t points_end = codec.symmetric ? 0 : zero_point_offset(codec, first + count);
    worker_.zero_points.resize(static_cast<size_t>(points_end - points_begin));
    EncodedRows out{worker_.codes.data(), worker_.scales.data(), codec.symmetric ? nullptr : worker_.zero_points.data(), target.global};
    TileResult result;
    // The first rows of a module stand for the rest in the report.
    bool measure = first == 0;
    if (!worker_.engine->quantize(target.quantizer, rows, first, target.range, out, measure, result, diagnostics_)) return false;
    if (result.non_finite.count > 0) return refuse(target, result.non_finite);
    if (measure) tell(target, result.errors);
    if (target.dense != nullptr) return put_decoded(target, first, count);
    return put(target, Part::Codes, first * codec.code_row_bytes(), worker_.codes) &&
           put(target, Part::Scales, first / codec.grid.unit_rows * codec.scale_row_bytes(), worker_.scales) &&
           (codec.symmetric || put(target, Part::ZeroPoints, points_begin, worker_.zero_points));
  }

  // Bytes of zero points before a row.
  static int64_t zero_point_offset(const Codec& codec, int64_t row) {
    int64_t rows = (row + codec.grid.unit_rows - 1) / codec.grid.unit_rows;
    if (!codec.packed_zero_points) return rows * codec.grid.columns;
    return (rows * codec.bits + 31) / 32 * 4 * codec.grid.columns;
  }

  bool put(const Target& target, Part part, int64_t offset, const std::vector<std::byte>& bytes) {
    const OutputTensor* output = target.find(part);
    LCR_CHECK(output->begin + static_cast<uint64_t>(offset) + bytes.size() <= output->end, "a tile is larger than its place");
    return writer_.write(output->begin + static_cast<uint64_t>(offset), bytes, diagnostics_);
  }

  // The weights that the tile's codes stand for, in the dtype of the export.
  bool put_decoded(const Target& target, int64_t first, int64_t count) {
    Codec codec = target.quantizer.codec;
    Dtype dtype = target.dense->dtype;
    worker_.dense.resize(static_cast<size_t>(count * codec.columns * size_of(dtype)));
    decode(codec, {worker_.codes.data(), worker_.scales.data(), worker_.zero_points.data(), target.global}, count,
           worker_.dense.data(), dtype);
    uint64_t offset = target.dense->begin + static_cast<uint64_t>(first * codec.columns * size_of(dtype));
    return writer_.write(offset, worker_.dense, diagnostics_);
  }

  // Shape, global scale, bias.
  bool write_constants(const Target& target) {
    for (const OutputTensor* output : target.encoded) {
      std::vector<std::byte> bytes(static_cast<size_t>(output->end - output->begin));
      if (output->part == Part::Shape) {
        std::memcpy(bytes.data(), target.shape.data(), 2 * sizeof(int64_t));
      } else if (output->part == Part::GlobalScale) {
        std::memcpy(bytes.data(), &target.global, sizeof(float));
      } else {
        continue;
      }
      if (!writer_.write(output->begin, bytes, diagnostics_)) return false;
    }
    for (const OutputTensor* output : target.others) {
      if (!write_small_tensor(run_, *output, worker_, writer_, diagnostics_)) return false;
    }
    return true;
  }

  bool refuse(const Target& target, const NonFinite& found) {
    std::string path(run_.graph.modules[target.module].path);
    diagnostics_
        .report(codes::L6003, fmt::format("the weight of `{}` holds {} values that are NaN or infinite", path, found.count))
        .note(fmt::format("the first is in row {}, column {}", found.row, found.column))
        .help(fmt::format("check the source file, or leave the module as it is: keep `{}`", path))
        .with("module", path)
        .with("count", found.count);
    return false;
  }

  void tell(const Target& target, const ErrorSums& errors) {
    std::string path(run_.graph.modules[target.module].path);
    nlohmann::json fields = {{"module", path}, {"precision", task_.job->precision}, {"rel_fro", errors.relative()}};
    // JSON has no infinity: nothing lost is null.
    if (errors.error > 0) fields["sqnr_db"] = errors.decibels();
    run_.events.emit("metric", fmt::format("{}: relative error {:.4f}", path, errors.relative()), std::move(fields));
  }

  const RunContext& run_;
  const Task& task_;
  Worker& worker_;
  ShardWriter& writer_;
  Diagnostics& diagnostics_;
  std::vector<Target> targets_;
};

}  // namespace

bool quantize_piece(const RunContext& run, const Piece& piece, Worker& worker, ShardWriter& writer, Diagnostics& diagnostics) {
  QuantizeJob job(run, run.work.tasks[piece.task], worker, writer, diagnostics);
  return piece.count > 0 ? job.rows(piece.first, piece.count) : job.whole();
}

bool make_piece(const RunContext& run, const Piece& piece, Worker& worker, ShardWriter& writer, Diagnostics& diagnostics) {
  const Job& job = *run.work.tasks[piece.task].job;
  if (!job.tensors.empty()) return copy_piece(run, piece, worker, writer, diagnostics);
  if (!job.matrices.empty()) return matrix_piece(run, piece, writer, diagnostics);
  if (job.calibrated) return solved_piece(run, piece, worker, writer, diagnostics);
  return job.precision.empty() ? dense_piece(run, piece, worker, writer, diagnostics)
                               : quantize_piece(run, piece, worker, writer, diagnostics);
}

size_t Worker::bytes() const {
  return rows.bytes() + codes.capacity() + scales.capacity() + zero_points.capacity() + dense.capacity() + folded.host_bytes;
}

}  // namespace lcr
