#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/execute/engine.h"

namespace lcr {

// Copy moves the same bytes to the device and back without quantizing: the baseline of measurements.
enum class DeviceWork { Quantize, Copy };

// The CUDA library of this build, opened on demand beside the backend (or where LCR_CUDA_PATH says).
class CudaLibrary {
 public:
  // Nothing when this build has none or it cannot be loaded. Solvers' columns on devices are swept by it from then on.
  static std::optional<CudaLibrary> open();

  std::vector<std::string> devices() const;
  // One engine a worker, on a device by its number. Reports L6031, L6032 and gives null.
  std::unique_ptr<Engine> make_engine(int device, DeviceWork work, Diagnostics& diagnostics) const;

  struct Functions;

 private:
  std::shared_ptr<const Functions> functions_;
};

}  // namespace lcr
