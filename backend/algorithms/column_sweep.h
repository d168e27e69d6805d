#pragma once

#include "backend/cuda/lcr_cuda.h"

namespace lcr {

// Sweeps one panel; lcr_cuda_panel says what goes in and out, its pointers are the device's. `stream` is the current
// stream as the device's runtime has it. Gives 0, or another number with the reason in error.
using ColumnSweep = int (*)(const lcr_cuda_panel* panel, int device, void* stream, char* error, int size);

// From now on panels on CUDA devices are swept by this; null: by tensor operations, a column at a time, which is slow.
void register_column_sweep(ColumnSweep sweep);

}  // namespace lcr
