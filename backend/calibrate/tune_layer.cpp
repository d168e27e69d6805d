#include "backend/calibrate/tune_layer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "backend/algorithms/autoround.h"
#include "backend/calibrate/task_grids.h"
#include "backend/data/row_order.h"
#include "backend/forward/weights.h"
#include "compiler/language/parameter.h"
#include "planner/plan/layout.h"

namespace lcr {
namespace {

// One calibration row: its tile and its tokens there.
struct Row {
  size_t tile = 0;
  int64_t first = 0, tokens = 0;
};

std::vector<Row> rows_of(const std::vector<TileState>& tiles) {
  std::vector<Row> rows;
  for (size_t t = 0; t < tiles.size(); ++t) {
    int64_t first = 0;
    for (int64_t length : tiles[t].tile->pack.sequences.lengths) {
      rows.push_back({t, first, length});
      first += length;
    }
  }
  return rows;
}

// The layer with weights of its own, all of them outside of inference mode.
class TunedWeights {
 public:
  TunedWeights(const SolveContext& context, ModelState& model, uint32_t instance)
      : graph_(context.graph), online_(context.online), native_(model.native()), weights_(context.weights.weights(), context.graph),
        cache_(weights_, native_, model.device(), 0), runner_(context.graph, cache_, nullptr, native_, model.device()) {
    for (uint32_t m = 0; m < graph_.modules.size(); ++m) {
      const Module& module = graph_.modules[m];
      if (module.instance != instance || module.kind == ModuleKind::Opaque) continue;
      for (uint32_t t = 0; t < graph_.declaration(module).tensors.size(); ++t)
        if (view_of(graph_, m, t) != nullptr) weights_.set(m, t, model.computed(m, t).clone());
    }
  }
  // A weight of the tasks, f32, rotated where readers rotate, which may want a gradient.
  void set(uint32_t module, const at::Tensor& weight) {
    const uint32_t tensor = weight_index(graph_, module);
    weights_.set(module, tensor, online_.restored_weight(module, weight).to(native_));
    cache_.forget(module, tensor);
  }
  TemplateRunner& runner() { return runner_; }

 private:
  const ModelGraph& graph_;
  const OnlineWeights& online_;
  at::ScalarType native_;
  ChangedWeights weights_;
  WeightCache cache_;
  TemplateRunner runner_;
};

// Draws batches of rows, and measures a layer's outputs against the wanted ones.
class Batches {
 public:
  Batches(const LayerExamples& examples, const std::string& device, int64_t size, uint64_t seed)
      : examples_(examples), device_(device), rows_(rows_of(examples.tiles)), size_(size), random_(seed) {}

  // Numbers of the next batch's rows, in order; different ones.
  std::vector<size_t> next() {
    std::vector<size_t> numbers(rows_.size());
    std::iota(numbers.begin(), numbers.end(), size_t{0});
    const size_t count = std::min(rows_.size(), static_cast<size_t>(size_));
    for (size_t i = 0; i < count; ++i) std::swap(numbers[i], numbers[i + random_.below(numbers.size() - i)]);
    numbers.resize(count);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }

  // The layer's inputs on these rows.
  TileState state_of(const std::vector<size_t>& batch) const {
    TileState state;
    std::vector<int64_t> ids;
    for (size_t number : batch) {
      const Row& row = rows_[number];
      const std::vector<int64_t>& all = examples_.tiles[row.tile].tile->pack.ids;
      ids.insert(ids.end(), all.begin() + row.first, all.begin() + row.first + row.tokens);
      state.pack.sequences.lengths.push_back(row.tokens);
    }
    state.pack.ids = at::tensor(ids, at::kLong).to(at::Device(device_));
    state.layer.resize(examples_.inputs.front().size());
    for (ValueId value = 0; value < state.layer.size(); ++value)
      if (examples_.inputs.front()[value].tensor.defined()) state.layer[value].tensor = gather(examples_.inputs, value, batch);
    return state;
  }

  // f32 [rows]: squares of the differences, summed over the counted tokens of each row.
  at::Tensor errors(const at::Tensor& given, ValueId value, const std::vector<size_t>& batch) const {
    const at::Tensor wanted = gather(examples_.outputs, value, batch);
    const at::Tensor squares = (given.to(at::kFloat) - wanted.to(at::kFloat)).reshape({given.size(0), -1}).square().sum(1);
    std::vector<at::Tensor> sums;
    int64_t first = 0;
    for (size_t number : batch) {
      const Row& row = rows_[number];
      at::Tensor own = squares.narrow(0, first, row.tokens);
      const at::Tensor& mask = examples_.tiles[row.tile].tile->counted;
      if (mask.defined()) own = own * mask.narrow(0, row.first, row.tokens).to(own.options());
      sums.push_back(own.sum());
      first += row.tokens;
    }
    return at::stack(sums);
  }

  size_t rows() const { return rows_.size(); }
  size_t size() const { return static_cast<size_t>(size_); }

 private:
  // Values wait in host memory or on the device.
  at::Tensor gather(const LayerValues& values, ValueId value, const std::vector<size_t>& batch) const {
    std::vector<at::Tensor> parts;
    for (size_t number : batch) {
      const Row& row = rows_[number];
      parts.push_back(values[row.tile][value].tensor.narrow(0, row.first, row.tokens).to(at::Device(device_)));
    }
    return at::cat(parts);
  }

  const LayerExamples& examples_;
  std::string device_;
  std::vector<Row> rows_;
  int64_t size_;
  RandomNumbers random_;
};

// The layer's error on batches, as the weights of the tasks are given.
class LayerError {
 public:
  LayerError(const SolveContext& context, ModelState& model, const LayerRun& start, const std::vector<SolveTask>& tasks,
             Batches& batches)
      : tasks_(tasks), batches_(batches), outputs_(start.outputs()), tuned_(context, model, start.instance()),
        run_(context.graph, tuned_.runner(), start.instance(), start.liveness(), start.available(), options_of(start)) {}

  // By row of the batch.
  at::Tensor operator()(const std::vector<at::Tensor>& weights, const std::vector<size_t>& batch) {
    for (size_t i = 0; i < tasks_.size(); ++i) tuned_.set(tasks_[i].module, weights[i]);
    const TileState state = batches_.state_of(batch);
    at::Tensor sum;
    for (ValueId value : outputs_) {
      const at::Tensor one = batches_.errors(run_.value_of(state, value), value, batch);
      sum = sum.defined() ? sum + one : one;
    }
    return sum;
  }

  // Of all rows, f32.
  at::Tensor of_all(const std::vector<at::Tensor>& weights) {
    std::vector<at::Tensor> parts;
    for (size_t first = 0; first < batches_.rows(); first += batches_.size()) {
      std::vector<size_t> batch(std::min(batches_.size(), batches_.rows() - first));
      std::iota(batch.begin(), batch.end(), first);
      parts.push_back((*this)(weights, batch));
    }
    return at::cat(parts);
  }

 private:
  static PassOptions options_of(const LayerRun& start) {
    PassOptions options = start.options();
    options.wait_on_host = false;
    return options;
  }

  const std::vector<SolveTask>& tasks_;
  Batches& batches_;
  std::vector<ValueId> outputs_;
  TunedWeights tuned_;
  LayerRun run_;
};

}  // namespace

LayerValues values_of(const std::vector<TileState>& tiles) {
  LayerValues values;
  for (const TileState& state : tiles) values.push_back(state.layer);
  return values;
}

bool tunes(const Plan& plan, const Job& job) { return !job.stack.empty() && plan.stacks.at(job.stack).solver.name == "autoround"; }

TunedLayer tune_layer(const SolveContext& context, ModelState& model, const LayerRun& start, const std::vector<SolveTask>& tasks,
                      const PrunedWeights& pruned, const LayerExamples& examples, const std::function<void(SolvedWeight)>& done, const std::atomic<bool>& stop) {
  c10::InferenceMode normal(false);
  at::AutoGradMode no_gradients(false);
  const Algorithm& solver = context.plan.stacks.at(tasks.front().job->stack).solver;
  std::vector<const SolveTask*> pointers;
  std::vector<Solvable> members;
  for (const SolveTask& task : tasks) {
    pointers.push_back(&task);
    Solvable& member = members.emplace_back();
    const auto found = pruned.find(task.module);
    member.weight = (found == pruned.end() ? weight_of(context, task) : found->second.weight).clone();
    if (found != pruned.end()) member.keep_mask = found->second.mask.clone();
  }
  find_grids(context, pointers, members, nullptr);
  std::vector<AutoRoundWeight> weights;
  std::vector<at::Tensor> nearest;
  for (const Solvable& member : members) {
    weights.push_back({member.weight, member.grid, member.keep_mask});
    nearest.push_back(decode(member.grid, encode(member.grid, member.weight)));
  }
  // Layers draw different rows.
  Batches batches(examples, model.device(), parameter<int64_t>(solver, "batch"),
                  static_cast<uint64_t>(parameter<int64_t>(solver, "seed")) + start.instance() * 0x9e3779b97f4a7c15u);
  LayerError error(context, model, start, tasks, batches);
  const at::Tensor rounded = error.of_all(nearest);
  auto loss = [&](const std::vector<at::Tensor>& tried, int64_t) {
    // Ends the tuning.
    if (stop) return at::full({}, std::numeric_limits<double>::quiet_NaN());
    const std::vector<size_t> batch = batches.next();
    double reference = 0;
    for (size_t number : batch) reference += rounded[static_cast<int64_t>(number)].item<double>();
    return error(tried, batch).sum() / std::max(reference, std::numeric_limits<double>::min());
  };
  AutoRounded found = autoround(weights, {parameter<int64_t>(solver, "steps"), parameter<double>(solver, "rate")}, loss);
  for (size_t i = 0; i < tasks.size(); ++i) {
    SolvedWeight result;
    result.module = tasks[i].module;
    result.job = tasks[i].job;
    result.grid = found.weights[i].grid;
    result.codes = found.weights[i].codes;
    result.decoded = found.weights[i].decoded;
    result.weight_error = relative((members[i].weight - result.decoded).square().sum(at::kDouble).item<double>(),
                                   members[i].weight.square().sum(at::kDouble).item<double>());
    done(std::move(result));
  }
  return {found.best_loss, found.best_step};
}

}  // namespace lcr
