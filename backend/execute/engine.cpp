#include "backend/execute/engine.h"

namespace lcr {

namespace {

class CpuEngine : public Engine {
 public:
  bool observe(const WeightRows& tile, int64_t first_row, WeightRange& range, Diagnostics&) override {
    range = lcr::observe(tile, first_row);
    return true;
  }
  bool quantize(const Quantizer& quantizer, const WeightRows& tile, int64_t first_row, const TensorRange& tensor,
                const EncodedRows& out, bool measure, TileResult& result, Diagnostics&) override {
    result = lcr::quantize(quantizer, tile, first_row, tensor, out, measure);
    return true;
  }
};

}  // namespace

std::unique_ptr<Engine> make_cpu_engine() { return std::make_unique<CpuEngine>(); }

}  // namespace lcr
