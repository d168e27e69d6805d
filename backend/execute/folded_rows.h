#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/rotations/fold.h"
#include "backend/storage/read_rows.h"
#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// What the rotations make of rows of a module's tensor (see Fold::apply), float32 in `buffer`; `stored` must not lie in
// it. Null data and L6056 when the device fails. Safe for many threads.
WeightRows folded_rows(const Fold& fold, uint32_t module, uint32_t tensor, const WeightRows& stored, const Dims& shape,
                       int64_t first, std::vector<std::byte>& buffer, Diagnostics& diagnostics);

// So many threads will ask for folded rows: each computes with its share of the cores.
void share_cores(int threads);

}  // namespace lcr
