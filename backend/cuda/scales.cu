#include "backend/cuda/units.cuh"

namespace lcr::cuda {

namespace {

constexpr int threads = 256;

// Sums over sixteen lanes in the order of backend/formats: eights, fours, twos.
__device__ __forceinline__ float sum_by_halves(float x) {
  for (int step = 8; step > 0; step /= 2) x += __shfl_down_sync(~0u, x, step, 16);
  return __shfl_sync(~0u, x, 0, 16);
}

__global__ void plain_scales(DeviceTile tile, int64_t units) {
  int64_t unit = static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (unit < units) store(tile, unit, scale_of(tile.shape, tile.low[unit], tile.high[unit]));
}

// Groups of sixteen e2m1: the largest weight on 6 or on 4, whichever loses less.
__global__ void four_over_six(DeviceTile tile, int64_t units) {
  int64_t unit = (static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x) / 16;
  int lane = threadIdx.x % 16;
  bool inside = unit < units;
  float absmax = inside ? tile.high[unit] : 0.f;
  Scale six = symmetric_scale(tile.shape, absmax, tile.shape.divisor), four = symmetric_scale(tile.shape, absmax, 4.f);
  int64_t index = unit * 16 + lane;
  float x = inside ? weight_at(tile, index / tile.shape.columns, index % tile.shape.columns) : 0.f;
  float error_six = x - bits::round_e2m1(x / six.factor) * six.factor;
  float error_four = x - bits::round_e2m1(x / four.factor) * four.factor;
  float sum_six = sum_by_halves(error_six * error_six), sum_four = sum_by_halves(error_four * error_four);
  if (inside && lane == 0) store(tile, unit, sum_four < sum_six ? four : six);
}

// Sum over a unit of (|error| * weight)^norm, times the column's importance, at one candidate scale, by the lanes lane, lane + 16, ….
__device__ float lane_error(const DeviceTile& tile, const Unit& at, int lane, const Scale& scale, float weight) {
  float sum = 0.f;
  for (int64_t row = at.row; row < at.row + at.rows; ++row) {
    for (int64_t c = lane; c < at.columns; c += 16) {
      float x = weight_at(tile, row, at.column + c);
      float error = fabsf(x - requantized(tile.shape, x, scale.factor, scale.zero)) * weight;
      float power = tile.shape.norm == 2.f ? error * error : powf(error, tile.shape.norm);
      sum += tile.importance == nullptr ? power : power * tile.importance[at.column + c];
    }
  }
  return sum;
}

// mse: the shrink of the range with the least error, the widest among equals. Sixteen lanes a unit.
__global__ void searched_scales(DeviceTile tile, int64_t units) {
  int64_t unit = (static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x) / 16;
  int lane = threadIdx.x % 16;
  bool inside = unit < units;
  Unit at = unit_at(tile.shape, inside ? unit : 0);
  float low = inside ? tile.low[unit] : 0.f, high = inside ? tile.high[unit] : 0.f;
  float most = tile.shape.symmetric ? high : fmaxf(-low, high);
  bool worth = inside && most > 1e-30f && most < 1e30f;
  float weight = worth ? 1.f / most : 0.f;
  float least = 0.f;
  int best = 0, waited = 0;
  for (int trial = 0; trial < tile.shape.shrink_count; ++trial) {
    float shrink = tile.shrinks[trial];
    Scale scale = scale_of(tile.shape, low * shrink, high * shrink);
    bool active = worth && waited < tile.shape.patience;
    // Lanes of other units in the warp may still search: all take part in the sums.
    float error = sum_by_halves(active ? lane_error(tile, at, lane, scale, weight) : 0.f);
    if (!active) continue;
    bool better = trial == 0 || error < least;
    if (better) {
      best = trial;
      least = error;
    }
    waited = better ? 0 : waited + 1;
  }
  if (!inside || lane != 0) return;
  float shrink = worth ? tile.shrinks[best] : 1.f;
  store(tile, unit, scale_of(tile.shape, low * shrink, high * shrink));
}

}  // namespace

void launch_scales(const DeviceTile& tile, cudaStream_t stream) {
  int64_t units = tile.shape.scale_rows * tile.shape.scale_columns;
  auto blocks_of = [](int64_t work) { return static_cast<unsigned>((work + threads - 1) / threads); };
  if (tile.shape.four_over_six) {
    four_over_six<<<blocks_of(units * 16), threads, 0, stream>>>(tile, units);
  } else if (tile.shape.shrink_count > 0 && !tile.shape.whole_tensor) {
    searched_scales<<<blocks_of(units * 16), threads, 0, stream>>>(tile, units);
  } else {
    plain_scales<<<blocks_of(units), threads, 0, stream>>>(tile, units);
  }
}

}  // namespace lcr::cuda
