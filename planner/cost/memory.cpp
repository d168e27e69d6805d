#include "planner/cost/memory.h"

#include <algorithm>
#include <numeric>

#include "compiler/language/encoding.h"
#include "planner/plan/names.h"

namespace lcr {
namespace {

// Rows of a tile that integer zero points can be packed for, whatever their width, and that FP8 blocks of the source
// and of the output begin at.
constexpr int64_t row_step = 128;

// The observers that try many scales for the same weights.
bool searching(const Stack& stack) {
  const auto range = stack.solver.parameters.find("range");
  if (range == stack.solver.parameters.end()) return false;
  const auto* observer = std::get_if<Observer>(&range->second);
  return observer != nullptr && observer->name != "minmax";
}

// A logical row is stored in one piece when every cut takes leading axes only.
// (A codec that packs several rows together, blocks that end within a tile, or a transposed view, mixes them.)
bool rows_stored_apart(const TensorView& view) {
  if (view.codec != TensorView::Codec::None && view.codec != TensorView::Codec::Fp8Block) return false;
  if (view.block_rows > 0 && row_step % view.block_rows != 0) return false;
  for (const TensorView::Step& step : view.steps) {
    if (step.transposed) return false;
    for (size_t axis = 0; axis < step.slices.size(); ++axis) {
      const TensorView::Slice& slice = step.slices[axis];
      const bool single = slice.high < 0 && !slice.all;
      const bool first_kept = std::all_of(step.slices.begin(), step.slices.begin() + ptrdiff_t(axis),
                                          [](const TensorView::Slice& s) { return s.high < 0 && !s.all; });
      if (slice.all || single) continue;
      if (!first_kept || slice.step != 1) return false;
    }
  }
  return true;
}

// What is quantized anew is decoded to float32: rounding to the model's dtype in between would lose twice.
int64_t decoded_bytes(const TensorView& view, const Dims& shape, bool solved) {
  if (view.codec == TensorView::Codec::None)
    return rows_stored_apart(view) ? 0 : elements_of(shape) * size_of(view.dtype);
  return elements_of(shape) * (solved ? 4 : size_of(view.dtype));
}

// Stored bytes behind a view: of its codec's payload and scales, or just of the elements that the cuts leave.
int64_t stored_bytes(const TensorView& view, const Dims& shape, const Checkpoint& checkpoint) {
  if (view.codec == TensorView::Codec::None) return elements_of(shape) * size_of(view.dtype);
  if (!view.steps.empty()) return elements_of(shape);  // cut out of packed elements: at most one byte each
  int64_t bytes = 0;
  for (uint32_t source : view.sources) bytes += int64_t(checkpoint.tensors[source].bytes());
  return bytes;
}

// All tensors of the module; rows and columns are those of its weight.
ModuleWork module_work(const ModelGraph& graph, uint32_t index, bool solved, Folding folding,
                       const Checkpoint& checkpoint) {
  const Module& module = graph.modules[index];
  const auto& tensors = graph.declaration(module).tensors;
  ModuleWork work;
  work.rows = 1;
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    const TensorView* view = view_of(graph, index, i);
    if (view == nullptr) continue;
    const Dims& shape = tensors[i].shape;
    work.stored += stored_bytes(*view, shape, checkpoint);
    // Rotated numbers are float32.
    work.decoded += folding == Folding::None ? decoded_bytes(*view, shape, solved) : elements_of(shape) * 4;
    if (tensors[i].name != "weight") continue;
    work.rows = std::max<int64_t>(1, shape.empty() ? 1 : shape[0]);
    work.columns = elements_of(shape) / work.rows;
    work.rows_apart = rows_stored_apart(*view) && folding != Folding::Rows;
  }
  return work;
}

int64_t ceil_divide(int64_t a, int64_t b) { return a / b + (a % b != 0); }

// Bytes that some of the rows take, rounded up.
int64_t share(int64_t bytes, int64_t rows, int64_t of) {
  if (rows >= of || of <= 0) return bytes;
  return int64_t(double(bytes) * double(rows) / double(of)) + 1;
}

}  // namespace

int64_t JobWork::rows() const {
  int64_t most = 1;
  for (const ModuleWork& module : modules) most = std::max(most, module.rows);
  return most;
}
int64_t JobWork::stored() const {
  return std::accumulate(modules.begin(), modules.end(), int64_t{0},
                         [](int64_t sum, const ModuleWork& m) { return sum + m.stored; });
}
int64_t JobWork::decoded() const {
  return std::accumulate(modules.begin(), modules.end(), int64_t{0},
                         [](int64_t sum, const ModuleWork& m) { return sum + m.decoded; });
}
int64_t JobWork::made() const {
  return std::accumulate(modules.begin(), modules.end(), int64_t{0},
                         [](int64_t sum, const ModuleWork& m) { return sum + m.made; });
}

JobWork work_of(const Plan& plan, uint32_t unit, uint32_t job_index, const ModelGraph& graph,
                const Checkpoint& checkpoint, const NameIndex& names) {
  const Job& job = plan.units[unit].jobs[job_index];
  const std::string& instance = plan.units[unit].instances.front();
  const int64_t expert = job.experts > 0 ? job.first_expert : -1;
  JobWork work;
  // The first instance and expert stand for all: a unit holds only what is alike.
  work.copies = !job.tensors.empty();
  for (const std::string& tensor : job.tensors) {
    const int64_t stored = checkpoint.find(name_in(instance, tensor, expert));
    if (stored < 0) continue;
    ModuleWork module;
    module.stored = int64_t(checkpoint.tensors[size_t(stored)].bytes());
    module.rows = 1;
    work.modules.push_back(module);
  }
  // A matrix in float64 and what is written of it; all count as one thing that is made.
  if (!job.matrices.empty()) {
    ModuleWork matrices{1, 1, 0, 0};
    for (const std::string& name : job.matrices)
      if (const auto found = plan.matrices.find(name); found != plan.matrices.end())
        matrices.decoded += found->second.size * found->second.size * 16;
    work.modules.push_back(matrices);
  }
  for (const std::string& path : job.modules) {
    const int64_t module = names.module(name_in(instance, path, expert));
    if (module >= 0) work.modules.push_back(module_work(graph, uint32_t(module), !job.precision.empty(), job.folding, checkpoint));
  }
  work.folds = job.folding != Folding::None;
  // Of points only what is written counts: their scales were found before.
  if (!job.points.empty()) work.modules.push_back({.rows = 1});
  if (!job.precision.empty()) {
    const Format& weights = *plan.precisions.at(job.precision).weights;
    work.solves = true;
    work.searches = searching(plan.stacks.at(job.stack));
    if (weights.global || weights.per == Per::Tensor) work.passes = weights.per == Per::Tensor && work.searches ? 3 : 2;
    work.row_multiple = std::lcm(row_step, weights.per == Per::Block ? weights.block_rows : 1);
    for (ModuleWork& module : work.modules)
      module.scales = weights.per == Per::Group ? module.rows * (module.columns / std::max<int64_t>(1, weights.group))
                                                : module.rows;
  } else {
    work.row_multiple = row_step;
  }
  // What an export adds is counted tensor by tensor, so that this agrees with the layout to the byte.
  for (const PlannedExport& exported : plan.exports) {
    for (const OutputTensor& made : outputs_of(plan, exported, unit, 0, job_index, expert, graph, checkpoint, names)) {
      size_t at = 0;
      if (made.module >= 0) {
        while (at + 1 < job.modules.size() && names.module(name_in(instance, job.modules[at], expert)) != made.module)
          ++at;
      } else if (made.stored >= 0) {
        while (at + 1 < job.tensors.size() &&
               checkpoint.find(name_in(instance, job.tensors[at], expert)) != made.stored)
          ++at;
      }
      if (at < work.modules.size()) work.modules[at].made += int64_t(made.end - made.begin);
    }
  }
  return work;
}

TileBytes tile_bytes(const JobWork& work, int64_t tile_rows, int64_t piece) {
  TileBytes most;
  // A copy that changes no byte is written from where it was read.
  if (work.copies) {
    for (const ModuleWork& module : work.modules) {
      most.stored = std::max(most.stored, std::min(piece, module.stored));
      most.made = std::max(most.made, module.made == module.stored ? 0 : share(module.made, piece, module.stored));
    }
    return most;
  }
  for (const ModuleWork& module : work.modules) {
    TileBytes tile;
    const int64_t rows = tile_rows == 0 ? module.rows : std::min(tile_rows, module.rows);
    tile.stored = share(module.stored, rows, module.rows);
    tile.decoded = share(module.decoded, rows, module.rows);
    tile.made = share(module.made, rows, module.rows);
    // Scales in float32 while they are looked for, and one row of float32 elements for each of a few candidates.
    if (work.solves)
      tile.workspace = share(module.scales, rows, module.rows) * 4 + module.columns * 4 * (work.searches ? 4 : 1);
    // Copies of a part in float64: turned, transposed, and two products between.
    if (work.folds) tile.workspace += 32 * std::min(folded_at_once, rows * module.columns);
    if (tile.total() > most.total()) most = tile;
  }
  return most;
}

int64_t tiles_of(const JobWork& work, int64_t tile_rows, int64_t piece) {
  int64_t tiles = 0;
  for (const ModuleWork& module : work.modules) {
    if (work.copies) {
      tiles += std::max<int64_t>(1, ceil_divide(module.stored, std::max<int64_t>(1, piece)));
    } else {
      tiles += tile_rows == 0 ? 1 : ceil_divide(module.rows, tile_rows);
    }
  }
  return std::max<int64_t>(1, tiles);
}

int64_t fixed_host_bytes(int64_t tensors, bool cuda) {
  // The backend's libraries once mapped (0.12 to 0.25 GiB were seen) and, with a GPU, its context; a table entry a
  // tensor.
  const int64_t libraries = int64_t(cuda ? 896 : 288) << 20;
  return libraries + tensors * 512;
}

}  // namespace lcr
