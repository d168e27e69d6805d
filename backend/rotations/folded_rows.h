#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/formats/codec.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/language/rotation.h"
#include "compiler/model/graph.h"

// Folded rotations for who reads weights row by row and knows no tensors.
namespace lcr {

class Fold;

// The rotations that are folded, made on a device; null without any. False when something was reported: files, L6031.
bool open_fold(const std::vector<Rotation>& rotations, const Checkpoint& checkpoint, const ModelGraph& graph,
               const std::string& device, std::shared_ptr<const Fold>& fold, Diagnostics& diagnostics);

bool folds(const Fold& fold, uint32_t module);

// What the rotations make of rows of a module's tensor (see Fold::apply), float32 in `buffer`; `stored` must not lie in
// it. Null data and L6056 when the device fails. Safe for many threads.
WeightRows folded_rows(const Fold& fold, uint32_t module, uint32_t tensor, const WeightRows& stored, const Dims& shape,
                       int64_t first, std::vector<std::byte>& buffer, Diagnostics& diagnostics);

// So many threads will ask for folded rows: each computes with its share of the cores.
void share_cores(int threads);

}  // namespace lcr
