#pragma once

#include <memory>

#include "backend/formats/quantize.h"
#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// Where tiles are quantized: the CPU, or a device. One a worker; not thread-safe. Results are equal to the bit for all
// engines where the observer is minmax or four_over_six and for every e8m0 exponent.
class Engine {
 public:
  virtual ~Engine() = default;
  // Whether rows may lie in device memory.
  virtual bool reads_device() const { return false; }
  // Both give false when the device failed, which is reported.
  virtual bool observe(const WeightRows& tile, int64_t first_row, WeightRange& range, Diagnostics& diagnostics) = 0;
  virtual bool quantize(const Quantizer& quantizer, const WeightRows& tile, int64_t first_row, const TensorRange& tensor,
                        const EncodedRows& out, bool measure, TileResult& result, Diagnostics& diagnostics) = 0;
};

std::unique_ptr<Engine> make_cpu_engine();

}  // namespace lcr
