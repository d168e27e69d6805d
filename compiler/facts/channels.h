#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lcr {

// Every channel of every value has a positive unknown scale sigma. Ties say sigma_a = sigma_b^power; fixing says
// sigma = 1. A weighted union-find keeps the classes: what stays free is a degree of freedom of the function.
class Channels {
 public:
  // Adds `count` free channels and gives the first one's index.
  uint32_t add(size_t count);
  // sigma_a = sigma_b ^ power. Two different powers of one scale leave only sigma = 1.
  void tie(uint32_t a, uint32_t b, double power = 1.0);
  // The first reason given for a class stays.
  void fix(uint32_t channel, const std::string& reason);

  // The class's representative, and the power of its scale that the channel has.
  std::pair<uint32_t, double> find(uint32_t channel) const;
  // Null while the channel is free.
  const std::string* reason(uint32_t channel) const;
  bool rigid(uint32_t channel) const { return reason(channel) != nullptr; }

 private:
  static constexpr uint32_t free_ = ~uint32_t{0};
  struct Link {
    uint32_t parent;
    double power;    // of the parent's scale
    uint32_t reason; // of a representative: into reasons_, or free_
  };
  mutable std::vector<Link> links_;
  std::vector<std::string> reasons_;
};

}  // namespace lcr
