#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "backend/data/pair_table.h"

namespace lcr {

// A set of byte strings with a value each; finds all of them that begin at one place of a text.
class ByteTrie {
 public:
  // The first value of a text wins. Empty texts are not kept.
  void add(std::string_view text, uint32_t value) {
    if (text.empty()) return;
    starts_[static_cast<uint8_t>(text[0])] = true;
    uint32_t node = 0;
    for (char byte : text) {
      uint64_t key = edge(node, byte);
      const PairTable::Value* next = edges_.find(key);
      if (next) {
        node = next->first;
      } else {
        edges_.set(key, {static_cast<uint32_t>(values_.size()), 0});
        node = static_cast<uint32_t>(values_.size());
        values_.push_back(-1);
      }
    }
    if (values_[node] < 0) values_[node] = value;
  }

  bool empty() const { return values_.size() == 1; }
  bool may_start(char byte) const { return starts_[static_cast<uint8_t>(byte)]; }

  // Calls visit(length, value) for every kept text that `text` begins with, shortest first.
  template <typename Visit>
  void prefixes(std::string_view text, Visit visit) const {
    uint32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const PairTable::Value* next = edges_.find(edge(node, text[i]));
      if (!next) return;
      node = next->first;
      if (values_[node] >= 0) visit(i + 1, static_cast<uint32_t>(values_[node]));
    }
  }

 private:
  static uint64_t edge(uint32_t node, char byte) { return uint64_t{node} << 8 | static_cast<uint8_t>(byte); }

  PairTable edges_;
  std::vector<int64_t> values_{-1};
  std::array<bool, 256> starts_{};
};

}  // namespace lcr
