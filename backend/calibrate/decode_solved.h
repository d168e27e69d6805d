#pragma once

#include "backend/storage/solved_store.h"
#include "compiler/language/dtype.h"
#include "compiler/model/graph.h"

namespace lcr {

// What a module's parts in the store stand for, [out, in] row by row into `out`; F32, BF16 or F16. `scale_dtype`: what
// its scales were stored in. LCR_CHECKs that the store has it.
void decode_solved(const SolvedStore& store, const Module& module, const Precision& precision, Dtype scale_dtype, void* out,
                   Dtype out_dtype);

}  // namespace lcr
