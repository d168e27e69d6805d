#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lcr {

// Collects names for a message: the first few and how many there are.
class NameList {
 public:
  void add(std::string_view name) {
    if (first_.size() < shown) first_.emplace_back(name);
    ++count_;
  }
  size_t count() const { return count_; }
  const std::vector<std::string>& first() const { return first_; }
  // "`a`, `b`, `c` and 17 more"
  std::string text() const;

 private:
  static constexpr size_t shown = 5;
  std::vector<std::string> first_;
  size_t count_ = 0;
};

// "1 tensor", "3 tensors"
std::string counted(size_t count, std::string_view noun);

}  // namespace lcr
