#include "backend/algorithms/activation_observer.h"

#include <ATen/ATen.h>

#include <cmath>

#include "backend/algorithms/activation_scales.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

constexpr int64_t patterns = 65536;

int64_t units_of(const Format& format, int64_t width, int64_t heads) {
  if (format.global || format.per == Per::Tensor) return 1;
  LCR_CHECK(format.per == Per::Head || format.per == Per::Group, "static scales are per tensor, head or group");
  int64_t units = format.per == Per::Head ? heads : width / format.group;
  LCR_CHECK(units > 0 && width % units == 0, "units of equal width");
  return units;
}

at::ScalarType counted(at::ScalarType native) { return native == at::kHalf ? at::kHalf : at::kBFloat16; }

bool is_counting(const Observer& observer) { return observer.name == "percentile" || observer.name == "mse"; }

UnitRanges widest(const UnitRanges& a, const UnitRanges& b) {
  return {at::minimum(a.low, b.low), at::maximum(a.high, b.high)};
}

UnitRanges on_cpu(const UnitRanges& range) {
  return {range.low.to(at::kCPU, at::kDouble), range.high.to(at::kCPU, at::kDouble)};
}

}  // namespace

ActivationObserver::ActivationObserver(const Observer& observer, const Format& format, int64_t width, int64_t heads,
                                       at::ScalarType native)
    : observer_(observer), format_(format), units_(units_of(format, width, heads)), native_(native) {
  LCR_CHECK(format.global || !format.dynamic, "a dynamic format has no static scales");
  LCR_CHECK(!format.global || observer.name != "mse", "a global scale is not searched for");
}

void ActivationObserver::observe(const at::Tensor& x, const at::Tensor& mask, int part) {
  LCR_CHECK(part >= 0 && part < parts, "a part is an eighth");
  if (x.size(0) == 0 || observer_.name == "fixed") return;
  at::Tensor values = x.reshape({x.size(0), units_, -1});
  // Ranges include zero anyway, so padding becomes zeros; the counts leave them out.
  if (mask.defined()) values = values.masked_fill(mask.logical_not().view({-1, 1, 1}), 0);
  UnitRanges tile{values.amin({0, 2}).to(at::kFloat).clamp_max_(0), values.amax({0, 2}).to(at::kFloat).clamp_min_(0)};
  seen_ = seen_.low.defined() ? widest(seen_, tile) : tile;
  if (observer_.name == "ema") average(tile, averages_[part]);
  if (is_counting(observer_)) count(values, mask);
}

void ActivationObserver::average(const UnitRanges& tile, Average& average) const {
  double rate = observer_.parameters.at("rate");
  UnitRanges wide{tile.low.to(at::kDouble), tile.high.to(at::kDouble)};
  if (average.tiles++ == 0) {
    average.first = wide;
    average.sum = {wide.low * rate, wide.high * rate};
    return;
  }
  average.sum.low.mul_(1 - rate).add_(wide.low, rate);
  average.sum.high.mul_(1 - rate).add_(wide.high, rate);
}

void ActivationObserver::count(const at::Tensor& x, const at::Tensor& mask) {
  at::Tensor bits = x.to(counted(native_)).contiguous().view(at::kShort).to(at::kInt).bitwise_and_(patterns - 1);
  if (units_ > 1) bits.add_(at::arange(units_, bits.options()).mul_(patterns).view({1, -1, 1}));
  at::Tensor counts = at::bincount(bits.flatten(), {}, units_ * patterns).view({units_, patterns});
  if (mask.defined()) counts.select(1, 0).sub_(mask.logical_not().sum() * x.size(2));
  counts_ = counts_.defined() ? counts_.add_(counts) : counts;
}

void ActivationObserver::merge(const ActivationObserver& other) {
  if (!other.seen_.low.defined()) return;
  seen_ = seen_.low.defined() ? widest(seen_, other.seen_) : other.seen_;
  if (other.counts_.defined()) counts_ = counts_.defined() ? counts_ + other.counts_ : other.counts_.clone();
  for (int part = 0; part < parts; ++part) {
    if (other.averages_[part].tiles == 0) continue;
    LCR_CHECK(averages_[part].tiles == 0, "two observers saw the same part");
    averages_[part] = other.averages_[part];
  }
}

bool ActivationObserver::empty() const { return observer_.name != "fixed" && !seen_.low.defined(); }

bool ActivationObserver::finite() const {
  if (!seen_.low.defined()) return true;
  return at::isfinite(seen_.low).logical_and(at::isfinite(seen_.high)).all().item<bool>();
}

// The averages of the parts after one another: one of n tiles leaves (1 - rate)^n of what came before it.
UnitRanges ActivationObserver::averaged() const {
  double rest = 1 - observer_.parameters.at("rate");
  UnitRanges result;
  for (const Average& average : averages_) {
    if (average.tiles == 0) continue;
    double left = std::pow(rest, static_cast<double>(average.tiles));
    UnitRanges before = result.low.defined() ? result : on_cpu(average.first), sum = on_cpu(average.sum);
    result = {before.low * left + sum.low, before.high * left + sum.high};
  }
  return result;
}

UnitRanges ActivationObserver::percentile(const UnitRanges& seen) const {
  // Magnitudes are the patterns without the sign, in order.
  at::Tensor counts = counts_.to(at::kCPU).view({units_, 2, patterns / 2}).sum(1).cumsum(1);
  at::Tensor wanted = (counts.select(1, -1) * observer_.parameters.at("share")).ceil().to(at::kLong).unsqueeze(1);
  at::Tensor place = (counts < wanted).sum(1);
  at::Tensor limit = values_of(counted(native_)).to(at::kDouble).index_select(0, place);
  return {at::maximum(seen.low, -limit), at::minimum(seen.high, limit)};
}

UnitRanges ActivationObserver::range() const {
  if (observer_.name == "fixed") {
    at::Tensor value = at::full({units_}, observer_.parameters.at("value"), at::kDouble);
    return {-value, value};
  }
  LCR_CHECK(seen_.low.defined(), "a range of nothing");
  if (observer_.name == "ema") return averaged();
  UnitRanges seen = on_cpu(seen_);
  if (observer_.name == "percentile") return percentile(seen);
  if (!is_counting(observer_)) return seen;
  return least_error_range(seen, counts_.to(at::kCPU), counted(native_), observer_, format_, native_);
}

ActivationScales ActivationObserver::scales() const {
  UnitRanges found = range();
  if (!format_.global) return scales_of_range(found, format_, native_);
  ActivationScales scales;
  scales.global_scale = activation_global_scale(at::maximum(-found.low, found.high).max().item<double>());
  return scales;
}

}  // namespace lcr
