#include "backend/data/vocabulary.h"

#include <xxhash.h>

namespace lcr {

void Vocabulary::reserve(size_t count, size_t bytes) {
  bytes_.reserve(bytes);
  size_t capacity = 16;
  while (capacity < count * 2) capacity *= 2;
  if (capacity > slots_.size()) rehash(capacity);
}

void Vocabulary::set(std::string_view token, int32_t id) {
  if ((size_ + 1) * 2 > slots_.size()) rehash(slots_.empty() ? 16 : slots_.size() * 2);
  uint64_t hash = XXH3_64bits(token.data(), token.size());
  Entry& entry = slots_[place(token, hash)];
  if (entry.id < 0) {
    entry = {hash, static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(token.size()), id};
    bytes_.append(token);
    ++size_;
  }
  entry.id = id;
}

int32_t Vocabulary::find(std::string_view token) const {
  if (slots_.empty()) return -1;
  return slots_[place(token, XXH3_64bits(token.data(), token.size()))].id;
}

size_t Vocabulary::place(std::string_view token, uint64_t hash) const {
  size_t at = hash & (slots_.size() - 1);
  while (slots_[at].id >= 0 && (slots_[at].hash != hash || text(slots_[at]) != token)) at = (at + 1) & (slots_.size() - 1);
  return at;
}

void Vocabulary::rehash(size_t capacity) {
  std::vector<Entry> old(capacity);
  old.swap(slots_);
  for (const Entry& entry : old) {
    if (entry.id < 0) continue;
    size_t at = entry.hash & (capacity - 1);
    while (slots_[at].id >= 0) at = (at + 1) & (capacity - 1);
    slots_[at] = entry;
  }
}

}  // namespace lcr
