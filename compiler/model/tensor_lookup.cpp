#include "compiler/model/tensor_lookup.h"

#include <xxhash.h>

#include <bit>

namespace lcr {

TensorLookup::TensorLookup(size_t expected) {
  slots_.resize(std::bit_ceil(2 * expected + 2));
  mask_ = slots_.size() - 1;
}

uint64_t TensorLookup::hash(std::string_view name) { return XXH3_64bits(name.data(), name.size()); }

bool TensorLookup::insert(const std::vector<StoredTensor>& tensors, uint32_t tensor, uint64_t hash) {
  const auto upper = static_cast<uint32_t>(hash >> 32);
  for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
    Slot& slot = slots_[at];
    if (slot.tensor == 0) {
      slot = {upper, tensor + 1};
      return true;
    }
    if (slot.hash == upper && tensors[slot.tensor - 1].name == tensors[tensor].name) return false;
  }
}

int64_t TensorLookup::find(const std::vector<StoredTensor>& tensors, std::string_view name) const {
  const uint64_t hash = TensorLookup::hash(name);
  const auto upper = static_cast<uint32_t>(hash >> 32);
  for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
    const Slot& slot = slots_[at];
    if (slot.tensor == 0) return -1;
    if (slot.hash == upper && tensors[slot.tensor - 1].name == name) return slot.tensor - 1;
  }
}

int64_t find_near(const Checkpoint& checkpoint, std::string_view name, int64_t near) {
  const auto& tensors = checkpoint.tensors;
  for (const int64_t step : {1, -1, 2, -2}) {
    const int64_t at = near + step;
    if (near >= 0 && at >= 0 && at < static_cast<int64_t>(tensors.size()) &&
        tensors[static_cast<size_t>(at)].name == name)
      return at;
  }
  return checkpoint.find(name);
}

}  // namespace lcr
