#pragma once

#include <utility>

#include <ATen/core/Tensor.h>

#include "backend/formats/codec.h"

// Areas of one scale as tensor operations see them. Ragged edges are padded with zeros, which neither widen a range nor
// add to an error.
namespace lcr {

// Lowest and highest of every unit, zero included: [R, C] each, from [rows, in] whose first row begins a unit.
std::pair<at::Tensor, at::Tensor> unit_ranges(const Codec& codec, const at::Tensor& values);

// Sums over every unit: [R, C] from [rows, in].
at::Tensor unit_sums(const Codec& codec, const at::Tensor& values);

// Sums over the rows of a unit: [R, n] from [rows, n].
at::Tensor unit_row_sums(const Codec& codec, const at::Tensor& values);

// Each unit's number at every row: [rows, n] from [R, n].
at::Tensor spread_rows(const Codec& codec, const at::Tensor& units, int64_t rows);

// Each unit's number at every weight: [rows, in] from [R, C].
at::Tensor spread(const Codec& codec, const at::Tensor& units, int64_t rows);

// Rows of a weight worked on together: a multiple of the unit's rows (any number under one scale a tensor), such that a
// tile stays in a processor's cache, or takes a small part of a device's memory.
int64_t tile_rows(const Codec& codec, const at::Device& device);

}  // namespace lcr
