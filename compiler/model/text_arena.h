#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace lcr {

// Keeps copies of texts alive; one allocation for many of them.
class TextArena {
 public:
  std::string_view keep(std::string_view text) {
    if (text.size() > left_) {
      left_ = text.size() > chunk ? text.size() : chunk;
      chunks_.push_back(std::make_unique<char[]>(left_));
      next_ = chunks_.back().get();
    }
    std::memcpy(next_, text.data(), text.size());
    std::string_view kept(next_, text.size());
    next_ += text.size();
    left_ -= text.size();
    return kept;
  }

 private:
  static constexpr size_t chunk = size_t{1} << 18;
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace lcr
