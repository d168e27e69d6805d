#include "backend/execute/make_piece.h"

#include "compiler/diagnostics/check.h"

namespace lcr {

bool matrix_piece(const RunContext& run, const Piece& piece, ShardWriter& writer, Diagnostics& diagnostics) {
  for (const OutputTensor* output : run.work.tasks[piece.task].outputs) {
    const std::vector<std::byte> bytes = matrix_bytes(run.plan.matrices.at(output->name));
    LCR_CHECK(bytes.size() == output->end - output->begin, "a matrix has another size than planned");
    if (!writer.write(output->begin, bytes, diagnostics)) return false;
  }
  return true;
}

}  // namespace lcr
