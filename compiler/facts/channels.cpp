#include "compiler/facts/channels.h"

#include <cmath>

namespace lcr {

uint32_t Channels::add(size_t count) {
  auto first = static_cast<uint32_t>(links_.size());
  for (size_t i = 0; i < count; ++i) links_.push_back({static_cast<uint32_t>(first + i), 1.0, free_});
  return first;
}

std::pair<uint32_t, double> Channels::find(uint32_t channel) const {
  uint32_t root = channel;
  double power = 1.0;
  while (links_[root].parent != root) {
    power *= links_[root].power;
    root = links_[root].parent;
  }
  // Every channel on the way points at the root from now on.
  double rest = power;
  for (uint32_t at = channel; links_[at].parent != root && at != root;) {
    uint32_t next = links_[at].parent;
    double own = links_[at].power;
    links_[at].parent = root;
    links_[at].power = rest;
    rest /= own;
    at = next;
  }
  return {root, power};
}

void Channels::tie(uint32_t a, uint32_t b, double power) {
  auto [root_a, power_a] = find(a);
  auto [root_b, power_b] = find(b);
  if (root_a == root_b) {
    if (std::abs(power_a - power * power_b) > 1e-9) fix(a, "two different powers of one scale meet");
    return;
  }
  // sigma_a = sigma_root_a ^ power_a = (sigma_root_b ^ power_b) ^ power.
  links_[root_a].parent = root_b;
  links_[root_a].power = power * power_b / power_a;
  if (links_[root_b].reason == free_) links_[root_b].reason = links_[root_a].reason;
}

void Channels::fix(uint32_t channel, const std::string& reason) {
  uint32_t root = find(channel).first;
  if (links_[root].reason != free_) return;
  if (reasons_.empty() || reasons_.back() != reason) reasons_.push_back(reason);
  links_[root].reason = static_cast<uint32_t>(reasons_.size() - 1);
}

const std::string* Channels::reason(uint32_t channel) const {
  uint32_t index = links_[find(channel).first].reason;
  return index == free_ ? nullptr : &reasons_[index];
}

}  // namespace lcr
