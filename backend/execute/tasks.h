#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/model/graph.h"
#include "planner/plan/layout.h"
#include "planner/plan/plan.h"

namespace lcr {

// One job of one instance (and expert), with the output tensors that it makes. They all lie in one file.
struct Task {
  uint32_t shard = 0;
  const Job* job = nullptr;
  std::vector<const OutputTensor*> outputs;
  uint64_t bytes = 0;  // of the outputs
};

// A part of a task that one worker does at a time and that needs nothing of the others: rows of the weight, or bytes of
// one stored tensor, or all of the task (rows = 0).
struct Piece {
  uint32_t task = 0;
  uint32_t output = 0;    // of stored tensors: into Task::outputs
  int64_t first = 0;      // row, or byte
  int64_t count = 0;      // rows, or bytes; 0: the whole task
};

struct WorkList {
  std::vector<Task> tasks;
  std::vector<Piece> pieces;               // in the order of the files
  std::vector<uint32_t> pieces_of_shard;   // how many
  uint64_t bytes = 0;
};

// What is to be done for the files of one export that are not `done` yet, in the plan's order.
WorkList list_work(const Plan& plan, const std::vector<ShardLayout>& shards, const std::vector<bool>& done,
                   const ModelGraph& graph);

}  // namespace lcr
