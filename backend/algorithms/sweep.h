#pragma once

#include "backend/cuda/lcr_cuda.h"

namespace lcr {

// Rounds one panel of columns, pointers on one device: lcr_cuda_panel says what goes in and out.
// Gives 0, or another number with the reason in error. `stream` is the device's current stream, as its runtime has it.
using ColumnSweep = int (*)(const lcr_cuda_panel* panel, int device, void* stream, char* error, int size);

// Panels on CUDA devices are swept by this from now on; null: by tensor operations, a column at a time, which is slow.
void register_column_sweep(ColumnSweep sweep);

}  // namespace lcr
