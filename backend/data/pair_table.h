#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lcr {

// A flat hash table from 64-bit keys to two 32-bit numbers. The key ~0 is not allowed.
class PairTable {
 public:
  struct Value {
    uint32_t first = 0;
    uint32_t second = 0;
  };

  PairTable() { rehash(16); }

  void reserve(size_t count) {
    size_t capacity = slots_.size();
    while (capacity < count * 2) capacity *= 2;
    if (capacity != slots_.size()) rehash(capacity);
  }

  // The last value of a key wins.
  void set(uint64_t key, Value value) {
    if ((size_ + 1) * 2 > slots_.size()) rehash(slots_.size() * 2);
    Slot& slot = slots_[place(key)];
    if (slot.key != key) ++size_;
    slot = {key, value};
  }

  const Value* find(uint64_t key) const {
    const Slot& slot = slots_[place(key)];
    return slot.key == key ? &slot.value : nullptr;
  }

 private:
  static constexpr uint64_t kEmpty = ~uint64_t{0};
  struct Slot {
    uint64_t key = kEmpty;
    Value value;
  };

  // Fibonacci hashing of the folded key; linear probing.
  size_t place(uint64_t key) const {
    uint64_t mixed = (key ^ (key >> 29)) * 0x9e3779b97f4a7c15ull;
    size_t at = (mixed ^ (mixed >> 32)) & (slots_.size() - 1);
    while (slots_[at].key != key && slots_[at].key != kEmpty) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  void rehash(size_t capacity) {
    std::vector<Slot> old(capacity);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.key != kEmpty) slots_[place(slot.key)] = slot;
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace lcr
