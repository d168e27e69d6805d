#include <cstring>

#include "backend/calibrate/decode_solved.h"
#include "backend/execute/convert.h"
#include "backend/execute/make_piece.h"
#include "compiler/diagnostics/check.h"

namespace lcr {

namespace {

// The weight that a module's codes in the store stand for, in the dtype of the output.
std::span<const std::byte> decoded(const RunContext& run, const Job& job, const OutputTensor& output, Worker& worker) {
  const Module& module = run.graph.modules[static_cast<size_t>(output.module)];
  const TensorView& view = *view_of(run.graph, static_cast<uint32_t>(output.module), output.tensor);
  worker.dense.resize(static_cast<size_t>(module.out * module.in * size_of(output.dtype)));
  decode_solved(run.solved, module, run.plan.precisions.at(job.precision), solved_scale_dtype(run.plan, view.dtype),
                worker.dense.data(), output.dtype);
  return worker.dense;
}

// Of a module that readers rotate, rotated back: a dense export needs no reader's help.
std::span<const std::byte> restored(const RunContext& run, const Job& job, const OutputTensor& output, const std::string& name,
                                    Worker& worker) {
  const auto index = static_cast<uint32_t>(output.module);
  const Module& module = run.graph.modules[index];
  std::vector<float> numbers;
  if (auto stored = run.solved.find_tensor(module.path, name)) {
    numbers.resize(stored->size() / sizeof(float));
    std::memcpy(numbers.data(), stored->data(), stored->size());
  } else {
    OutputTensor exact = output;
    exact.dtype = Dtype::F32;
    const auto bytes = decoded(run, job, exact, worker);
    numbers.resize(bytes.size() / sizeof(float));
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
  }
  run.online.restore(index, name, numbers);
  const void* data = converted(numbers.data(), Dtype::F32, output.dtype, static_cast<int64_t>(numbers.size()), worker.codes);
  const auto* begin = static_cast<const std::byte*>(data);
  if (output.dtype == Dtype::F32) worker.codes.assign(begin, begin + (output.end - output.begin));
  return {worker.codes.data(), output.end - output.begin};
}

// A part of a module, or the scale of an attention point. Gives false when something was reported.
bool write_one(const RunContext& run, const Job& job, const OutputTensor& output, Worker& worker, ShardWriter& writer,
               Diagnostics& diagnostics) {
  if (output.source == OutputTensor::Source::Encoded) {
    const std::string_view path = output.point >= 0 ? run.graph.points[static_cast<size_t>(output.point)].path
                                                    : run.graph.modules[static_cast<size_t>(output.module)].path;
    auto bytes = run.solved.find(path, output.part);
    LCR_CHECK(bytes && bytes->size() == output.end - output.begin, "a part in the store has another size than planned");
    const bool good = writer.write(output.begin, *bytes, diagnostics);
    // Here, while others calibrate, and not when the process ends.
    SolvedStore::let_go(*bytes);
    return good;
  }
  const Module& module = run.graph.modules[static_cast<size_t>(output.module)];
  const std::string& name = run.graph.declaration(module).tensors[output.tensor].name;
  if (run.exported.format == "dense" && run.online.changes(static_cast<uint32_t>(output.module)))
    return writer.write(output.begin, restored(run, job, output, name, worker), diagnostics);
  if (auto dense = run.solved.find_tensor(module.path, name)) {
    const auto count = static_cast<int64_t>(dense->size() / sizeof(float));
    const void* data = converted(dense->data(), Dtype::F32, output.dtype, count, worker.codes);
    return writer.write(output.begin, {static_cast<const std::byte*>(data), output.end - output.begin}, diagnostics);
  }
  if (name == "weight" && !job.precision.empty()) return writer.write(output.begin, decoded(run, job, output, worker), diagnostics);
  // Calibration left it as it was.
  return write_small_tensor(run, output, worker, writer, diagnostics);
}

}  // namespace

bool solved_piece(const RunContext& run, const Piece& piece, Worker& worker, ShardWriter& writer, Diagnostics& diagnostics) {
  const Task& task = run.work.tasks[piece.task];
  for (const OutputTensor* output : task.outputs)
    if (!write_one(run, *task.job, *output, worker, writer, diagnostics)) return false;
  return true;
}

}  // namespace lcr
