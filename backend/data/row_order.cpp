#include "backend/data/row_order.h"

namespace lcr {

uint64_t RandomNumbers::next() {
  uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

uint64_t RandomNumbers::below(uint64_t bound) {
  // 2^64 mod bound: the numbers below it would be one too many of their kind.
  uint64_t surplus = (0 - bound) % bound;
  uint64_t number = next();
  while (number < surplus) number = next();
  return number % bound;
}

RowOrder RowOrder::of(const CalibrationRequest& request, uint64_t count) {
  return request.pick == "random" ? random(count, static_cast<uint64_t>(request.seed)) : in_order(count);
}

std::optional<uint64_t> RowOrder::next() {
  if (taken_ == count_) return std::nullopt;
  uint64_t place = taken_++;
  if (!random_) return place;
  uint64_t other = place + random_->below(count_ - place);
  auto row_at = [&](uint64_t at) {
    auto moved = moved_.find(at);
    return moved == moved_.end() ? at : moved->second;
  };
  uint64_t row = row_at(other);
  moved_[other] = row_at(place);
  moved_.erase(place);
  return row;
}

}  // namespace lcr
