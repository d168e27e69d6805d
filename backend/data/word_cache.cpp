#include "backend/data/word_cache.h"

#include <algorithm>

#include <xxhash.h>

namespace lcr {
namespace {

constexpr size_t kSlots = size_t{1} << 17;
constexpr size_t kMostWords = kSlots / 2;

}  // namespace

WordCache::WordCache() : entries_(kSlots) {}

uint64_t WordCache::hash(std::string_view word) const { return XXH3_64bits(word.data(), word.size()); }

std::span<const int32_t> WordCache::find(std::string_view word, uint64_t hash) const {
  const Entry& entry = entries_[place(word, hash)];
  return entry.length == 0 ? std::span<const int32_t>() : std::span<const int32_t>(ids_.data() + entry.ids, entry.id_count);
}

void WordCache::keep(std::string_view word, uint64_t hash, std::span<const int32_t> ids) {
  if (word.empty() || word.size() > kLongestWord) return;
  if (size_ >= kMostWords) {
    std::fill(entries_.begin(), entries_.end(), Entry());
    texts_.clear();
    ids_.clear();
    size_ = 0;
  }
  entries_[place(word, hash)] = {hash, static_cast<uint32_t>(texts_.size()), static_cast<uint32_t>(ids_.size()),
                                 static_cast<uint32_t>(ids.size()), static_cast<uint32_t>(word.size())};
  texts_ += word;
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  ++size_;
}

size_t WordCache::place(std::string_view word, uint64_t hash) const {
  size_t at = hash & (kSlots - 1);
  while (entries_[at].length != 0) {
    const Entry& entry = entries_[at];
    if (entry.hash == hash && std::string_view(texts_.data() + entry.text, entry.length) == word) break;
    at = (at + 1) & (kSlots - 1);
  }
  return at;
}

}  // namespace lcr
