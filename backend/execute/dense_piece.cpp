#include "backend/execute/convert.h"
#include "backend/execute/make_piece.h"

namespace lcr {

namespace {

std::span<const std::byte> bytes_of(const void* data, int64_t bytes) {
  return {static_cast<const std::byte*>(data), static_cast<size_t>(bytes)};
}

// Rows of one logical tensor in the dtype of the output.
bool write_rows(const RunContext& run, const OutputTensor& output, int64_t first, int64_t count, Worker& worker,
                ShardWriter& writer, Diagnostics& diagnostics) {
  Dims shape = output.shape.empty() ? Dims{1} : output.shape;
  WeightRows rows = read_rows(run, static_cast<uint32_t>(output.module), output.tensor, shape, first, count, output.dtype,
                              /*stay=*/false, worker, diagnostics);
  if (rows.data == nullptr) return false;
  int64_t elements = rows.rows * rows.columns;
  const void* data = converted(rows.data, rows.dtype, output.dtype, elements, worker.codes);
  int64_t row_bytes = rows.columns * size_of(output.dtype);
  return writer.write(output.begin + static_cast<uint64_t>(first * row_bytes), bytes_of(data, elements * size_of(output.dtype)),
                      diagnostics);
}

}  // namespace

WeightRows read_rows(const RunContext& run, uint32_t module, uint32_t tensor, const Dims& shape, int64_t first, int64_t count,
                     Dtype decoded, bool stay, Worker& worker, Diagnostics& diagnostics) {
  const bool folded = run.fold != nullptr && folds(*run.fold, module);
  RowReader reader(run.files, run.checkpoint);
  const WeightRows rows = reader.read(*view_of(run.graph, module, tensor), shape, first, count, folded ? Dtype::F32 : decoded,
                                      worker.rows, diagnostics);
  if (!folded || rows.data == nullptr) return rows;
  return folded_rows(*run.fold, module, tensor, rows, shape, first, decoded, stay, worker.folded, diagnostics);
}

bool write_small_tensor(const RunContext& run, const OutputTensor& output, Worker& worker, ShardWriter& writer,
                        Diagnostics& diagnostics) {
  int64_t rows = output.shape.empty() ? 1 : output.shape[0];
  return write_rows(run, output, 0, rows, worker, writer, diagnostics);
}

bool copy_piece(const RunContext& run, const Piece& piece, Worker& worker, ShardWriter& writer, Diagnostics& diagnostics) {
  const OutputTensor& output = *run.work.tasks[piece.task].outputs[piece.output];
  const StoredTensor& stored = run.checkpoint.tensors[static_cast<size_t>(output.stored)];
  // The piece counts bytes of the output.
  int64_t first = piece.first / size_of(output.dtype), count = piece.count / size_of(output.dtype);
  worker.rows.rows.resize(static_cast<size_t>(count * size_of(stored.dtype)));
  if (!run.files.read(stored.shard, stored.begin + static_cast<uint64_t>(first * size_of(stored.dtype)), worker.rows.rows,
                      diagnostics)) {
    return false;
  }
  const void* data = converted(worker.rows.rows.data(), stored.dtype, output.dtype, count, worker.codes);
  return writer.write(output.begin + static_cast<uint64_t>(piece.first), bytes_of(data, piece.count), diagnostics);
}

bool dense_piece(const RunContext& run, const Piece& piece, Worker& worker, ShardWriter& writer, Diagnostics& diagnostics) {
  bool first_piece = piece.first == 0;
  for (const OutputTensor* output : run.work.tasks[piece.task].outputs) {
    const TemplateModule& declared = run.graph.declaration(run.graph.modules[static_cast<size_t>(output->module)]);
    bool weight = piece.count > 0 && output->tensor == 0 && !declared.tensors.empty();
    if (weight) {
      if (!write_rows(run, *output, piece.first, piece.count, worker, writer, diagnostics)) return false;
    } else if (first_piece && !write_small_tensor(run, *output, worker, writer, diagnostics)) {
      return false;
    }
  }
  return true;
}

}  // namespace lcr
