#include <bit>

#include "compiler/diagnostics/check.h"
#include "compiler/select/select.h"

namespace lcr {

size_t UnitSet::count() const {
  size_t total = 0;
  for (uint64_t word : words_) total += static_cast<size_t>(std::popcount(word));
  return total;
}

bool UnitSet::empty() const {
  for (uint64_t word : words_)
    if (word != 0) return false;
  return true;
}

std::vector<uint32_t> UnitSet::members() const {
  std::vector<uint32_t> out;
  out.reserve(count());
  for (size_t i = 0; i < words_.size(); ++i)
    for (uint64_t word = words_[i]; word != 0; word &= word - 1)
      out.push_back(static_cast<uint32_t>(i * 64 + static_cast<size_t>(std::countr_zero(word))));
  return out;
}

UnitSet& UnitSet::operator|=(const UnitSet& other) {
  LCR_CHECK(points_ == other.points_ && size_ == other.size_, "sets of different units");
  for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  return *this;
}

UnitSet& UnitSet::operator&=(const UnitSet& other) {
  LCR_CHECK(points_ == other.points_ && size_ == other.size_, "sets of different units");
  for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  return *this;
}

UnitSet& UnitSet::operator-=(const UnitSet& other) {
  LCR_CHECK(points_ == other.points_ && size_ == other.size_, "sets of different units");
  for (size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
  return *this;
}

}  // namespace lcr
