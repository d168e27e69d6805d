#include "backend/calibrate/learn_rotations.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "backend/algorithms/cayley.h"
#include "backend/calibrate/rotated_model.h"
#include "backend/data/row_order.h"
#include "compiler/diagnostics/codes/run.h"
#include "planner/plan/learning.h"

namespace lcr {
namespace {

// Its name among the instances of the store.
const std::string file = "rotations";

// All matrices in one order, and back.
std::vector<at::Tensor> listed(const LearnedRotations& rotations) {
  std::vector<at::Tensor> list;
  if (rotations.stream.defined()) list.push_back(rotations.stream);
  for (const auto& [path, matrix] : rotations.heads) list.push_back(matrix);
  return list;
}

LearnedRotations like(LearnedRotations shape, const std::vector<at::Tensor>& list) {
  auto next = list.begin();
  if (shape.stream.defined()) shape.stream = *next++;
  for (auto& [path, matrix] : shape.heads) matrix = *next++;
  return shape;
}

const Rotation& learned_of(const Plan& plan) {
  return *std::find_if(plan.rotations.begin(), plan.rotations.end(), [](const Rotation& one) { return one.kind == "learned"; });
}

struct Row {
  std::vector<int64_t> ids;
  std::vector<int64_t> counted;  // places whose next token counts
};

std::vector<Row> rows_of(const std::vector<CalibrationTile>& tiles) {
  std::vector<Row> rows;
  for (const CalibrationTile& tile : tiles) {
    int64_t first = 0;
    for (int64_t length : tile.pack.sequences.lengths) {
      Row& row = rows.emplace_back();
      row.ids.assign(tile.pack.ids.begin() + first, tile.pack.ids.begin() + first + length);
      for (int64_t i = 0; i + 1 < length; ++i)
        if (!tile.counted.defined() || tile.counted[first + i + 1].item<bool>()) row.counted.push_back(i);
      first += length;
    }
  }
  return rows;
}

// Draws the rows of each step: a number of them, chosen once, in an order that is new after each pass over them.
class Batches {
 public:
  Batches(std::vector<Row> rows, int64_t samples, uint64_t seed, int64_t tokens, std::string device)
      : rows_(std::move(rows)), tokens_(tokens), device_(std::move(device)), random_(seed) {
    RowOrder order = RowOrder::random(rows_.size(), seed);
    while (static_cast<int64_t>(order_.size()) < samples) {
      const auto row = order.next();
      if (!row) break;
      order_.push_back(*row);
    }
  }

  std::vector<LearningPack> next() {
    std::vector<LearningPack> packs;
    std::vector<int64_t> counted;
    const size_t batch = std::min<size_t>(learned_batch, order_.size());
    for (size_t i = 0; i < batch; ++i) add(rows_[draw()], packs, counted);
    close(packs, counted);
    return packs;
  }

 private:
  uint64_t draw() {
    if (next_ == order_.size()) {
      for (size_t i = 0; i < order_.size(); ++i) std::swap(order_[i], order_[i + random_.below(order_.size() - i)]);
      next_ = 0;
    }
    return order_[next_++];
  }

  void add(const Row& row, std::vector<LearningPack>& packs, std::vector<int64_t>& counted) const {
    if (packs.empty() || static_cast<int64_t>(packs.back().pack.ids.size() + row.ids.size()) > tokens_) {
      close(packs, counted);
      packs.emplace_back();
    }
    Pack& pack = packs.back().pack;
    for (int64_t place : row.counted) counted.push_back(static_cast<int64_t>(pack.ids.size()) + place);
    pack.ids.insert(pack.ids.end(), row.ids.begin(), row.ids.end());
    pack.sequences.lengths.push_back(static_cast<int64_t>(row.ids.size()));
  }

  void close(std::vector<LearningPack>& packs, std::vector<int64_t>& counted) const {
    if (!packs.empty()) packs.back().rows = at::tensor(counted, at::kLong).to(at::Device(device_));
    counted.clear();
  }

  std::vector<Row> rows_;
  std::vector<uint64_t> order_;
  size_t next_ = 0;
  int64_t tokens_;
  std::string device_;
  RandomNumbers random_;
};

bool keep(const LearnedRotations& learned, SolvedStore& store, Diagnostics& diagnostics) {
  SolvedWriter writer;
  auto add = [&](const std::string& path, const at::Tensor& matrix) {
    std::vector<std::byte> bytes(matrix.nbytes());
    std::memcpy(bytes.data(), matrix.data_ptr(), bytes.size());
    writer.add_tensor(path, "rotation", std::move(bytes));
  };
  if (learned.stream.defined()) add("", learned.stream);
  for (const auto& [path, matrix] : learned.heads) add(path, matrix);
  return writer.write(store, file, diagnostics);
}

}  // namespace

std::optional<LearnedRotations> stored_rotations(const Plan& plan, const ModelGraph& graph, SolvedStore& store, Diagnostics& diagnostics) {
  if (!store.holds(file) || !store.load(file, diagnostics)) return std::nullopt;
  c10::InferenceMode normal(false);
  LearnedRotations learned = start_of(plan.rotations, graph);
  auto take = [&](const std::string& path, at::Tensor& matrix) {
    const auto bytes = store.find_tensor(path, "rotation");
    if (!bytes || bytes->size() != matrix.nbytes()) return false;
    matrix = matrix.contiguous().clone();
    std::memcpy(matrix.data_ptr(), bytes->data(), bytes->size());
    return true;
  };
  if (learned.stream.defined() && !take("", learned.stream)) return std::nullopt;
  for (auto& [path, matrix] : learned.heads)
    if (!take(path, matrix)) return std::nullopt;
  return learned;
}

std::optional<LearnedRotations> learn(const Plan& plan, const ModelGraph& graph, const Weights& base,
                                      const std::vector<CalibrationTile>& tiles, const TellEvent& tell, SolvedStore& store,
                                      const std::atomic<bool>& stop, Diagnostics& diagnostics) {
  c10::InferenceMode normal(false);
  at::AutoGradMode no_gradients(false);
  const Rotation& rotation = learned_of(plan);
  const LearnedRotations start = start_of(plan.rotations, graph);
  const UnitTasks tasks(plan, graph);
  const auto fold = fold_of(plan.rotations, graph, base, plan.device, &start);
  RotatedModel model(plan, graph, base, tasks, *fold);
  const int64_t vocabulary = graph.templates[0].values[graph.templates[0].outputs[0]].dims.back();
  Batches batches(rows_of(tiles), rotation.samples, static_cast<uint64_t>(rotation.seed),
                  learned_pack(vocabulary, plan.calibration->data.length), plan.device);
  const int64_t often = std::max<int64_t>(1, rotation.steps / 20);
  bool finite = true;
  double mean = 0;
  auto gradients = [&](const std::vector<at::Tensor>& matrices, int64_t step) {
    std::vector<at::Tensor> leaves, found;
    if (stop) return found;
    for (const at::Tensor& matrix : matrices) leaves.push_back(matrix.detach().clone().requires_grad_(true));
    const LearnedRotations tried = like(start, leaves);
    fold->turn_by(matrices_of(plan.rotations, &tried));
    const double loss = model.add_gradients(batches.next());
    finite = std::isfinite(loss);
    if (!finite) return found;
    mean += loss / static_cast<double>(often);
    if (step % often == often - 1) {
      tell("rotations", fmt::format("step {} of {}: KL {:.5f} against the source", step + 1, rotation.steps, mean),
           {{"step", step + 1}, {"steps", rotation.steps}, {"loss", mean}});
      mean = 0;
    }
    for (const at::Tensor& leaf : leaves) found.push_back(leaf.grad());
    return found;
  };
  std::vector<at::Tensor> matrices;
  for (const at::Tensor& matrix : listed(start)) matrices.push_back(matrix.to(at::Device(plan.device)));
  matrices = cayley_sgd(std::move(matrices), {rotation.steps, rotation.rate}, gradients);
  if (stop) return std::nullopt;
  if (!finite) {
    diagnostics.report(codes::L6057, "the loss of the learned rotations is not finite on the calibration data")
        .help("check the model on this data with `lcr eval`, or learn with a smaller `rate`");
    return std::nullopt;
  }
  for (at::Tensor& matrix : matrices) matrix = matrix.cpu().contiguous();
  LearnedRotations learned = like(start, matrices);
  if (!keep(learned, store, diagnostics)) return std::nullopt;
  return learned;
}

}  // namespace lcr
