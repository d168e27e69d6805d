#include <algorithm>
#include <mutex>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "backend/algorithms/device_rounding.h"
#include "backend/algorithms/grid.h"
#include "backend/algorithms/search_units.h"
#include "backend/algorithms/units.h"
#include "backend/formats/observe.h"
#include "backend/formats/quantize.h"
#include "backend/formats/search.h"
#include "compiler/diagnostics/check.h"
#include "compiler/language/parameter.h"

namespace lcr {
namespace {

// Searches with weighted columns are searches for the least error with another norm; the importance comes on top.
Observer as_search(const Observer& observer) {
  if (!needs_importance(observer)) return observer;
  Observer search = observer;
  search.parameters.merge(default_observer(observer.name).parameters);
  search.name = "mse";
  if (observer.name == "hessian") {
    search.parameters["norm"] = 2;
    search.parameters["patience"] = search.parameters.at("grid");
  }
  return search;
}

WeightRows rows_of(const at::Tensor& weight, int64_t first, int64_t count) {
  return {weight.data_ptr<float>() + first * weight.size(1), Dtype::F32, count, weight.size(1), weight.size(1)};
}

TensorRange tensor_range(const Quantizer& quantizer, const at::Tensor& weight) {
  TensorRange range{std::min(0.f, at::amin(weight).item<float>()), std::max(0.f, at::amax(weight).item<float>())};
  if (!quantizer.codec.whole_tensor || quantizer.shrinks.empty()) return range;
  std::vector<int64_t> errors(quantizer.shrinks.size());
  std::mutex adding;
  at::parallel_for(0, weight.size(0), 16, [&](int64_t begin, int64_t end) {
    std::vector<int64_t> sums;
    add_tensor_errors(quantizer, rows_of(weight, begin, end - begin), range, sums);
    std::lock_guard lock(adding);
    for (size_t i = 0; i < sums.size(); ++i) errors[i] += sums[i];
  });
  return best_range(quantizer, range, errors);
}

// By the formats room's kernels.
UnitScales scales_on_cpu(Quantizer quantizer, const at::Tensor& weight, float global) {
  Codec& codec = quantizer.codec;
  codec.packed_zero_points = false;
  int64_t units = codec.grid.rows * codec.grid.columns;
  std::vector<char> stored(static_cast<size_t>(units * size_of(codec.scale)));
  std::vector<int8_t> zeros(static_cast<size_t>(codec.symmetric ? 0 : units));
  TensorRange range;
  if (codec.whole_tensor) range = tensor_range(quantizer, weight);
  int64_t unit_rows = codec.whole_tensor ? codec.rows : codec.grid.unit_rows;
  int64_t grain = std::max<int64_t>(1, 16 / unit_rows);
  at::parallel_for(0, codec.grid.rows, grain, [&](int64_t begin, int64_t end) {
    int64_t first = begin * unit_rows, last = std::min(codec.rows, end * unit_rows);
    EncodedRows out{nullptr, stored.data() + begin * codec.scale_row_bytes(),
                    codec.symmetric ? nullptr : zeros.data() + begin * codec.grid.columns, global};
    find_scales(quantizer, rows_of(weight, first, last - first), range, out);
  });
  UnitScales result;
  result.stored = at::empty({codec.grid.rows, codec.grid.columns}, at::kFloat);
  result.scale = at::empty_like(result.stored);
  kernels().load_scales(codec.scale, stored.data(), units, 1.f, result.stored.data_ptr<float>());
  kernels().load_scales(codec.scale, stored.data(), units, codec.global ? global : 1.f, result.scale.data_ptr<float>());
  if (!codec.symmetric)
    result.zero = at::from_blob(zeros.data(), {codec.grid.rows, codec.grid.columns}, at::kChar).to(at::kFloat);
  return result;
}

}  // namespace

bool needs_importance(const Observer& observer) { return observer.name == "imatrix" || observer.name == "hessian"; }

Grid find_grid(const at::Tensor& weight, const at::Tensor& importance, const GridOptions& options) {
  bool weighted = needs_importance(options.observer);
  LCR_CHECK(!weighted || importance.defined(), "an observer that weighs columns was given no importance");
  int64_t out = weight.size(0), in = weight.size(1);
  Quantizer quantizer = make_quantizer(options.precision, as_search(options.observer), out, in, options.model_dtype);
  at::Tensor rows = weight.contiguous();
  Grid grid;
  grid.codec = quantizer.codec;
  if (grid.codec.global) grid.global = global_scale(options.absmax ? *options.absmax : at::amax(rows.abs()).item<float>());
  UnitScales found;
  at::Tensor relative;
  if (weighted) relative = (importance / importance.mean().clamp_min(1e-30)).contiguous();
  if (rounds_on_device(quantizer, rows)) {
    found = round_on_device(quantizer, rows, {{}, relative, grid.global, {}, false});
  } else if (weight.is_cpu() && !weighted) {
    found = scales_on_cpu(quantizer, rows, grid.global);
  } else {
    found = search_units(quantizer, rows, relative, grid.global);
  }
  grid.scale = found.scale;
  grid.stored = found.stored;
  grid.zero = found.zero;
  return grid;
}

}  // namespace lcr
