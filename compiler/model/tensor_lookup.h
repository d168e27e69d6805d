#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "compiler/model/checkpoint.h"

namespace lcr {

// Open addressing from a tensor's name to its place in a list. Holds no names of its own.
class TensorLookup {
 public:
  explicit TensorLookup(size_t expected);

  static uint64_t hash(std::string_view name);

  // `hash` is that of the tensor's name. False when a tensor of that name is there already.
  bool insert(const std::vector<StoredTensor>& tensors, uint32_t tensor, uint64_t hash);
  // -1 when there is none.
  int64_t find(const std::vector<StoredTensor>& tensors, std::string_view name) const;

 private:
  struct Slot {
    uint32_t hash = 0;    // upper half of the name's hash
    uint32_t tensor = 0;  // index + 1; 0: free
  };
  std::vector<Slot> slots_;
  uint64_t mask_ = 0;
};

// Checkpoint::find, faster when the tensor lies next to the tensor `near` (an index, or -1), as names in order do.
int64_t find_near(const Checkpoint& checkpoint, std::string_view name, int64_t near);

}  // namespace lcr
