#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/formats/codec.h"
#include "backend/storage/read_rows.h"
#include "compiler/model/graph.h"

namespace lcr {

// Memory that a reader reuses from call to call.
struct RowBuffers {
  std::vector<std::byte> rows, scratch, codes, scales, zero_points;
  size_t bytes() const;
};

// Reads rows of logical tensors, whatever lies on disk: plain tensors, slices of stacked ones, quantized ones.
class RowReader {
 public:
  // All must outlive it.
  RowReader(SourceFiles& files, const Checkpoint& checkpoint) : files_(files), checkpoint_(checkpoint) {}

  // Rows first ..< first + count of a tensor of `shape` ([rows, …]), dense. Plain tensors come as stored; quantized ones
  // are decoded to `decoded` (BF16, F16 or F32). `first` must be a multiple of 128 for these. Valid until the next call
  // with the same buffers. Reports L6001, L6002; null data then.
  WeightRows read(const TensorView& view, const Dims& shape, int64_t first, int64_t count, Dtype decoded,
                  RowBuffers& buffers, Diagnostics& diagnostics) const;

 private:
  bool read_decoded(const TensorView& view, const Dims& shape, int64_t first, int64_t count, Dtype decoded,
                    RowBuffers& buffers, Diagnostics& diagnostics) const;

  SourceFiles& files_;
  const Checkpoint& checkpoint_;
};

}  // namespace lcr
