#include "backend/calibrate/block_loss.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <set>

#include "backend/forward/device_kernels.h"
#include "backend/forward/weights.h"

namespace lcr {
// Values in execution order: a value that is made from the linears' outputs, when no other such value is open (has
// readers that come later), is passed by everything.
ValueId block_output(const Template& layer, const std::vector<uint32_t>& modules, uint32_t dispatch) {
  std::vector<uint32_t> last_use(layer.values.size(), 0);
  for (uint32_t n = 0; n < layer.nodes.size(); ++n)
    for (ValueId value : layer.nodes[n].inputs) last_use[value] = n;
  for (ValueId value : layer.outputs) last_use[value] = static_cast<uint32_t>(layer.nodes.size());
  auto starts = [&](uint32_t n) {
    const Node& node = layer.nodes[n];
    return n == dispatch ||
           (node.op == Op::Linear && std::find(modules.begin(), modules.end(), node.module) != modules.end());
  };
  uint32_t last_start = 0;
  for (uint32_t n = 0; n < layer.nodes.size(); ++n)
    if (starts(n)) last_start = n;
  std::set<ValueId> open;
  for (uint32_t n = 0; n < layer.nodes.size(); ++n) {
    const Node& node = layer.nodes[n];
    const bool fed = starts(n) || std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId v) { return open.contains(v); });
    if (fed) open.insert(node.outputs.begin(), node.outputs.end());
    std::erase_if(open, [&](ValueId v) { return last_use[v] <= n; });
    if (n < last_start || open.size() != 1 || !fed) continue;
    const ValueId joined = *open.begin();
    std::vector<uint32_t> readers;
    for (uint32_t m = n + 1; m < layer.nodes.size(); ++m)
      if (std::find(layer.nodes[m].inputs.begin(), layer.nodes[m].inputs.end(), joined) != layer.nodes[m].inputs.end()) readers.push_back(m);
    // Through shape changes and the one linear that reads it.
    if (readers.size() == 1 && layer.nodes[readers[0]].outputs.size() == 1) {
      const Op op = layer.nodes[readers[0]].op;
      if (op == Op::Linear) return layer.nodes[readers[0]].outputs[0];
      if (op != Op::Add && dispatch == none_id) continue;
    }
    return joined;
  }
  return none_id;
}

namespace {

// Of every row the sum of squares, f64.
at::Tensor differences(const at::Tensor& a, const at::Tensor& b) {
  const auto kernel = device_kernels().differences;
  const int64_t rows = a.size(0), width = a.numel() / std::max<int64_t>(1, rows);
  if (kernel == nullptr || !takes_half(a) || !takes_half(b) || a.scalar_type() != b.scalar_type() || width % 8 != 0)
    return (a.to(at::kFloat) - b.to(at::kFloat)).reshape({rows, -1}).square().sum(1, false, at::kDouble);
  at::Tensor sums = at::empty({rows}, a.options().dtype(at::kDouble));
  call_kernel(a, kernel, lcr_cuda_difference{a.data_ptr(), b.data_ptr(), device_dtype(a), rows, width, sums.data_ptr<double>()});
  return sums;
}

}  // namespace

std::vector<double> block_losses(LayerRun& run, ModelState& model, const std::vector<uint32_t>& modules, size_t trials,
                                 const MakeTrial& make, ValueId output, const std::atomic<bool>& stop) {
  std::vector<uint32_t> tensors;
  std::vector<at::Tensor> original;
  for (uint32_t module : modules) {
    tensors.push_back(weight_index(model.graph(), module));
    original.push_back(model.weights().tensor(module, tensors.back()));
  }
  auto put = [&](const std::vector<at::Tensor>& weights) {
    for (size_t i = 0; i < modules.size(); ++i) model.set_weight(modules[i], tensors[i], weights[i].to(at::Device(model.device())));
  };
  // Outputs of the original first, a part of the tiles at a time, so that every trial sets its weights few times.
  constexpr int64_t most_bytes = int64_t{2} << 30;
  constexpr size_t looked = 8;  // tiles between looks at the sum
  std::vector<double> losses(trials, 0);
  std::vector<TileState>& tiles = model.tiles();
  for (size_t begin = 0; begin < tiles.size() && !stop;) {
    std::vector<at::Tensor> expected;
    int64_t bytes = 0;
    size_t end = begin;
    put(original);
    for (; end < tiles.size() && bytes < most_bytes; ++end) {
      expected.push_back(run.value_of(tiles[end], output));
      bytes += static_cast<int64_t>(expected.back().nbytes());
    }
    const bool last = end == tiles.size();
    double least = std::numeric_limits<double>::infinity();
    for (size_t t = 0; t < trials && !stop; ++t) {
      put(make(t));
      at::Tensor sum = at::zeros({}, expected[0].options().dtype(at::kDouble));
      for (size_t i = begin; i < end; ++i) {
        at::Tensor rows = differences(run.value_of(tiles[i], output), expected[i - begin]);
        if (tiles[i].tile->counted.defined()) rows = rows.mul_(tiles[i].tile->counted.to(rows.device()));
        sum.add_(rows.sum());
        // Sums only grow: what has lost already need not be summed to its end.
        if (last && (i - begin) % looked == looked - 1 && losses[t] + sum.item<double>() > least) break;
      }
      losses[t] += sum.item<double>();
      if (last && losses[t] < least) least = losses[t];
    }
    begin = end;
  }
  put(original);
  return losses;
}

}  // namespace lcr
