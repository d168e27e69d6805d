#include "compiler/model/tensor_lookup.h"

#include <xxhash.h>

#include <bit>

namespace lcr {

TensorLookup::TensorLookup(size_t expected) {
  slots_.resize(std::bit_ceil(2 * expected + 2));
  mask_ = slots_.size() - 1;
}

bool TensorLookup::insert(const std::vector<StoredTensor>& tensors, uint32_t tensor) {
  const std::string_view name = tensors[tensor].name;
  const uint64_t hash = XXH3_64bits(name.data(), name.size());
  const auto upper = static_cast<uint32_t>(hash >> 32);
  for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
    Slot& slot = slots_[at];
    if (slot.tensor == 0) {
      slot = {upper, tensor + 1};
      return true;
    }
    if (slot.hash == upper && tensors[slot.tensor - 1].name == name) return false;
  }
}

int64_t TensorLookup::find(const std::vector<StoredTensor>& tensors, std::string_view name) const {
  const uint64_t hash = XXH3_64bits(name.data(), name.size());
  const auto upper = static_cast<uint32_t>(hash >> 32);
  for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
    const Slot& slot = slots_[at];
    if (slot.tensor == 0) return -1;
    if (slot.hash == upper && tensors[slot.tensor - 1].name == name) return slot.tensor - 1;
  }
}

}  // namespace lcr
