#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lcr {

// Token text to id. Ids are in [0, 2^31).
class Vocabulary {
 public:
  // Room for `count` tokens of `bytes` bytes together.
  void reserve(size_t count, size_t bytes);
  // The last id of a text wins.
  void set(std::string_view token, int32_t id);
  // -1 when there is no such token.
  int32_t find(std::string_view token) const;
  // Number of different texts.
  size_t size() const { return size_; }

  struct Entry {
    uint64_t hash = 0;
    uint32_t offset = 0;
    uint32_t length = 0;
    int32_t id = -1;
  };
  // Calls visit(text, id) for every token, in no particular order.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Entry& entry : slots_)
      if (entry.id >= 0) visit(text(entry), entry.id);
  }

 private:
  std::string_view text(const Entry& entry) const { return {bytes_.data() + entry.offset, entry.length}; }
  size_t place(std::string_view token, uint64_t hash) const;
  void rehash(size_t capacity);

  std::string bytes_;
  std::vector<Entry> slots_;
  size_t size_ = 0;
};

}  // namespace lcr
