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
struct LearnedRotations;

// The rotations that are folded, made on a device; null without any. `learned`: the matrices of those that are, else null.
// False when something was reported: files, L6031.
bool open_fold(const std::vector<Rotation>& rotations, const LearnedRotations* learned, const Checkpoint& checkpoint,
               const ModelGraph& graph, const std::string& device, std::shared_ptr<const Fold>& fold, Diagnostics& diagnostics);

bool folds(const Fold& fold, uint32_t module);

// Holds folded rows until the next are made.
struct FoldedMemory {
  std::shared_ptr<const void> held;
  size_t host_bytes = 0;
};

// What the rotations make of rows of a module's tensor (see Fold::apply), in `memory`; `stored` must not lie in it. Float32
// where the fold's device is the CPU; from another device in `wanted`, or left there, float32, with `stay`. Null data and
// L6056 when the device fails. Safe for many threads, with memory of their own.
WeightRows folded_rows(const Fold& fold, uint32_t module, uint32_t tensor, const WeightRows& stored, const Dims& shape,
                       int64_t first, Dtype wanted, bool stay, FoldedMemory& memory, Diagnostics& diagnostics);

// So many threads will ask for folded rows: each computes with its share of the cores.
void share_cores(int threads);

}  // namespace lcr
