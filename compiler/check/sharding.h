#pragma once

#include <vector>

#include "compiler/model/graph.h"

namespace lcr {

// How servers divide a linear over tensor-parallel ranks. Row: each rank holds a part of the columns, because the
// input is the output of a linear that is divided by rows; Whole: every rank holds all of it.
enum class Sharding : uint8_t { Whole, Column, Row };

// For every module of a template, from the dataflow alone: a linear whose input comes, without a norm between, from
// another linear is divided by columns of the weight; one whose output a norm over all of it reads stays whole.
std::vector<Sharding> shardings(const ModelGraph& graph, TemplateId id);

}  // namespace lcr
