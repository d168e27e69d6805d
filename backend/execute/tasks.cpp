#include "backend/execute/tasks.h"

#include <algorithm>

namespace lcr {

namespace {

bool same_task(const OutputTensor& a, const OutputTensor& b) {
  return a.unit == b.unit && a.instance == b.instance && a.job == b.job && a.expert == b.expert;
}

// Rows of the one weight that the job makes in tiles; 0 when it is made all at once.
int64_t tiled_rows(const Task& task, const ModelGraph& graph) {
  const Job& job = *task.job;
  if (job.calibrated || job.modules.size() != 1 || job.passes != 1 || job.tile_rows == 0) return 0;
  for (const OutputTensor* output : task.outputs) {
    if (output->module < 0) continue;
    const TemplateModule& declared = graph.declaration(graph.modules[output->module]);
    return declared.tensors.empty() || declared.tensors[0].shape.empty() ? 0 : declared.tensors[0].shape[0];
  }
  return 0;
}

void cut_rows(WorkList& work, uint32_t index, int64_t rows, int64_t tile) {
  for (int64_t first = 0; first < rows; first += tile) {
    work.pieces.push_back({index, 0, first, std::min(tile, rows - first)});
  }
}

void cut_bytes(WorkList& work, uint32_t index, int64_t piece) {
  const Task& task = work.tasks[index];
  for (uint32_t i = 0; i < task.outputs.size(); ++i) {
    // Whole elements of every dtype.
    auto bytes = static_cast<int64_t>(task.outputs[i]->end - task.outputs[i]->begin);
    int64_t step = std::max<int64_t>(piece / 64 * 64, 64);
    for (int64_t first = 0; first < bytes; first += step) {
      work.pieces.push_back({index, i, first, std::min(step, bytes - first)});
    }
  }
}

void add_pieces(WorkList& work, uint32_t index, const Plan& plan, const ModelGraph& graph) {
  const Task& task = work.tasks[index];
  if (!task.job->tensors.empty()) return cut_bytes(work, index, plan.tile_bytes);
  int64_t rows = tiled_rows(task, graph);
  if (rows > 0) return cut_rows(work, index, rows, task.job->tile_rows);
  work.pieces.push_back({index, 0, 0, 0});
}

}  // namespace

WorkList list_work(const Plan& plan, const std::vector<ShardLayout>& shards, const std::vector<bool>& done,
                   const ModelGraph& graph) {
  WorkList work;
  work.pieces_of_shard.assign(shards.size(), 0);
  for (uint32_t s = 0; s < shards.size(); ++s) {
    if (done[s]) continue;
    // A file's tensors may be sorted by element size: the outputs of one task need not be neighbours.
    std::vector<const OutputTensor*> order;
    for (const OutputTensor& output : shards[s].tensors) order.push_back(&output);
    std::stable_sort(order.begin(), order.end(), [](const OutputTensor* a, const OutputTensor* b) {
      return std::tie(a->unit, a->instance, a->job, a->expert) < std::tie(b->unit, b->instance, b->job, b->expert);
    });
    size_t before = work.pieces.size();
    for (size_t begin = 0; begin < order.size();) {
      size_t end = begin + 1;
      while (end < order.size() && same_task(*order[begin], *order[end])) ++end;
      Task task{s, &plan.units[order[begin]->unit].jobs[order[begin]->job], {order.begin() + begin, order.begin() + end}, 0};
      for (const OutputTensor* output : task.outputs) task.bytes += output->end - output->begin;
      work.bytes += task.bytes;
      work.tasks.push_back(std::move(task));
      add_pieces(work, static_cast<uint32_t>(work.tasks.size() - 1), plan, graph);
      begin = end;
    }
    work.pieces_of_shard[s] = static_cast<uint32_t>(work.pieces.size() - before);
  }
  return work;
}

}  // namespace lcr
