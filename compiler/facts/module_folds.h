#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/facts/facts.h"
#include "compiler/language/rotation.h"

namespace lcr {

// What the folded rotations make of one module, in this order.
struct ModuleFold {
  uint32_t norm = none_id;      // module whose weight has gone into this one: its columns are multiplied by it
  bool ones = false;            // a norm whose weight has gone into its readers; its bias, divided by it, is rotated
  bool centred = false;         // what it writes has the mean zero: every writer, where a LayerNorm reads the stream
  bool reads = false;           // R1: the columns are rotated
  bool writes = false;          // R1: the rows and the bias, or a table's width, are rotated
  uint32_t values = none_id;    // R2, into Rotations::heads: rows of the value heads are rotated
  uint32_t attended = none_id;  // R2: columns of the attended heads are rotated

  bool rows = false;            // what it writes are rows of its weight, not the width of a table

  bool any() const { return norm != none_id || ones || reads || writes || values != none_id || attended != none_id; }
  // A row of the result needs other rows.
  bool mixes_rows() const { return (writes && rows) || values != none_id; }
};

// Width of the residual stream; 0 when nothing writes it.
int64_t stream_width(const ModelGraph& graph, const Rotations& facts);

// By module of the graph; empty when no rotation is folded. Rotations must be legal by the facts.
std::vector<ModuleFold> module_folds(const ModelGraph& graph, const Rotations& facts,
                                     const std::vector<Rotation>& rotations);

}  // namespace lcr
