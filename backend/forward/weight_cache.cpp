#include "backend/forward/weight_cache.h"

#include <ATen/ATen.h>

#include <map>

namespace lcr {

struct WeightCache::Entries {
  using Key = std::pair<uint32_t, uint32_t>;
  // First come, first resident: passes go over all layers in order, so any other choice would hit no more often.
  std::map<Key, at::Tensor> resident, passing;
  uint64_t resident_bytes = 0;
};

WeightCache::WeightCache(const Weights& weights, at::ScalarType native, std::string device, uint64_t budget)
    : weights_(weights), native_(native), device_(std::move(device)), budget_(budget),
      entries_(std::make_unique<Entries>()) {}
WeightCache::~WeightCache() = default;

at::Tensor WeightCache::converted(const at::Tensor& stored) const {
  at::ScalarType type = stored.scalar_type();
  if (at::isFloatingType(type) && (native_ == at::kFloat || type != at::kFloat)) type = native_;
  return stored.to(at::Device(device_), type);
}

at::Tensor WeightCache::get(uint32_t module, uint32_t tensor) {
  Entries::Key key{module, tensor};
  for (const auto* entries : {&entries_->resident, &entries_->passing})
    if (auto found = entries->find(key); found != entries->end()) return found->second;
  // Views of a map are made dense here, once.
  at::Tensor value = converted(weights_.tensor(module, tensor)).contiguous();
  bool fits = entries_->resident_bytes + value.nbytes() <= budget_;
  if (fits) entries_->resident_bytes += value.nbytes();
  (fits ? entries_->resident : entries_->passing)[key] = value;
  return value;
}

at::Tensor WeightCache::rows(uint32_t module, uint32_t tensor, const at::Tensor& rows) {
  return converted(weights_.rows(module, tensor, rows));
}

void WeightCache::forget(uint32_t module, uint32_t tensor) {
  const Entries::Key key{module, tensor};
  if (auto found = entries_->resident.find(key); found != entries_->resident.end()) {
    entries_->resident_bytes -= found->second.nbytes();
    entries_->resident.erase(found);
  }
  entries_->passing.erase(key);
}

void WeightCache::end_stage() { entries_->passing.clear(); }

}  // namespace lcr
