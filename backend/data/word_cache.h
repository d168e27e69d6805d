#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lcr {

// Ids of the words met so far; forgets all of them when it is full. Not thread-safe.
class WordCache {
 public:
  WordCache();

  // Longer words are neither kept nor found.
  static constexpr size_t kLongestWord = 255;

  uint64_t hash(std::string_view word) const;
  // `hash` is that of the word; an empty span with a null pointer when the word is not kept.
  std::span<const int32_t> find(std::string_view word, uint64_t hash) const;
  void keep(std::string_view word, uint64_t hash, std::span<const int32_t> ids);

 private:
  struct Entry {
    uint64_t hash = 0;
    uint32_t text = 0;
    uint32_t ids = 0;
    uint32_t id_count = 0;
    uint32_t length = 0;
  };
  size_t place(std::string_view word, uint64_t hash) const;

  std::vector<Entry> entries_;
  std::string texts_;
  std::vector<int32_t> ids_;
  size_t size_ = 0;
};

}  // namespace lcr
