#include "backend/forward/weight_cache.h"

#include <ATen/ATen.h>

#include <map>
#include <set>

#include "backend/forward/host_copies.h"
#include "backend/forward/weight_fetcher.h"

namespace lcr {

struct WeightCache::Entries {
  using Key = std::pair<uint32_t, uint32_t>;
  // First come, first resident: passes go over all layers in order, so any other choice would hit no more often.
  std::map<Key, at::Tensor> resident, passing;
  uint64_t resident_bytes = 0;
  struct Stack {
    at::Tensor values;
    std::vector<uint32_t> modules;
    std::set<size_t> stale;  // places in it
  };
  std::map<Key, Stack> stacks;                       // by the first module
  std::map<Key, std::pair<Key, size_t>> in_stacks;   // by member: its stack and place

  std::unique_ptr<WeightFetcher> fetcher;

  // Undefined where it was not fetched ahead.
  at::Tensor fetched(const Key& key) { return fetcher ? fetcher->take(key) : at::Tensor(); }

  // Undefined where no stack has it as it is now.
  at::Tensor in_stack(const Key& key) const {
    auto found = in_stacks.find(key);
    if (found == in_stacks.end()) return {};
    const Stack& stack = stacks.at(found->second.first);
    return stack.stale.contains(found->second.second) ? at::Tensor() : stack.values[int64_t(found->second.second)];
  }
};

WeightCache::WeightCache(const Weights& weights, at::ScalarType native, std::string device, uint64_t budget)
    : weights_(weights), native_(native), device_(std::move(device)), budget_(budget),
      entries_(std::make_unique<Entries>()) {}
WeightCache::~WeightCache() = default;

at::Tensor WeightCache::converted(const at::Tensor& stored) const {
  at::ScalarType type = stored.scalar_type();
  if (at::isFloatingType(type) && (native_ == at::kFloat || type != at::kFloat)) type = native_;
  // Converted where it is used.
  return device_copy(stored, at::Device(device_)).to(type);
}

at::Tensor WeightCache::get(uint32_t module, uint32_t tensor) {
  Entries::Key key{module, tensor};
  for (const auto* entries : {&entries_->resident, &entries_->passing})
    if (auto found = entries->find(key); found != entries->end()) return found->second;
  // Views of a map are made dense here, once.
  at::Tensor value = entries_->fetched(key);
  if (!value.defined()) value = converted(weights_.tensor(module, tensor)).contiguous();
  bool fits = entries_->resident_bytes + value.nbytes() <= budget_;
  if (fits) entries_->resident_bytes += value.nbytes();
  (fits ? entries_->resident : entries_->passing)[key] = value;
  return value;
}

at::Tensor WeightCache::stack(const std::vector<uint32_t>& modules, uint32_t tensor) {
  const Entries::Key first{modules.front(), tensor};
  auto [found, fresh] = entries_->stacks.try_emplace(first);
  Entries::Stack& stack = found->second;
  if (fresh) {
    const at::Tensor one = converted(weights_.tensor(modules.front(), tensor));
    std::vector<int64_t> shape(one.sizes().begin(), one.sizes().end());
    shape.insert(shape.begin(), static_cast<int64_t>(modules.size()));
    stack.values = at::empty(shape, one.options());
    stack.modules = modules;
    for (size_t i = 0; i < modules.size(); ++i) {
      stack.stale.insert(i);
      entries_->in_stacks[{modules[i], tensor}] = {first, i};
    }
  }
  for (size_t i : stack.stale) {
    const Entries::Key key{modules[i], tensor};
    auto passing = entries_->passing.find(key);
    at::Tensor value = passing != entries_->passing.end() ? passing->second : entries_->fetched(key);
    stack.values[static_cast<int64_t>(i)].copy_(value.defined() ? value : converted(weights_.tensor(modules[i], tensor)));
  }
  stack.stale.clear();
  return stack.values;
}

at::Tensor WeightCache::exact(uint32_t module, uint32_t tensor) const {
  const at::Tensor stored = weights_.tensor(module, tensor);
  const Entries::Key key{module, tensor};
  at::Tensor kept = entries_->in_stack(key);
  for (const auto* entries : {&entries_->resident, &entries_->passing})
    if (auto found = entries->find(key); found != entries->end()) kept = found->second;
  if (!kept.defined())
    if (kept = entries_->fetched(key); kept.defined()) entries_->passing[key] = kept;
  if (kept.defined() && kept.scalar_type() == stored.scalar_type()) return kept;
  return device_copy(stored, at::Device(device_)).contiguous();
}

void WeightCache::prefetch(const std::vector<std::pair<uint32_t, uint32_t>>& tensors) {
  if (at::Device(device_).is_cpu()) return;
  if (!entries_->fetcher)
    entries_->fetcher = std::make_unique<WeightFetcher>(device_, [this](const at::Tensor& stored) { return converted(stored).contiguous(); });
  for (const auto& [module, tensor] : tensors) {
    const at::Tensor stored = weights_.tensor(module, tensor);
    if (stored.is_cpu()) entries_->fetcher->add({module, tensor}, stored);
  }
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
  if (entries_->fetcher) entries_->fetcher->forget(key);
  if (auto found = entries_->in_stacks.find(key); found != entries_->in_stacks.end())
    entries_->stacks.at(found->second.first).stale.insert(found->second.second);
}

void WeightCache::end_stage() {
  entries_->passing.clear();
  entries_->stacks.clear();
  entries_->in_stacks.clear();
}

}  // namespace lcr
