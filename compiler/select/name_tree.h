#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace lcr {

// All names of one kind of unit as a tree of their `.`-separated segments. Distinct segments are few (`gate_proj`,
// `0` … `383`), so that a pattern is compared with each of them once instead of with every name.
class NameTree {
 public:
  struct Node {
    uint32_t segment = 0;
    uint32_t first_child = 0, next_sibling = 0;  // 0: none (the root is nobody's child)
    int32_t unit = -1;                           // the name that ends here
  };

  // Names in any order; fast when neighbours share prefixes. They must outlive the tree.
  explicit NameTree(const std::vector<std::string_view>& names);

  const std::vector<Node>& nodes() const { return nodes_; }  // [0] is the root, without a segment
  const std::vector<std::string_view>& segments() const { return segments_; }

 private:
  uint32_t segment(std::string_view text);
  uint32_t child(uint32_t parent, uint32_t segment);

  // The children of a node while the tree is made.
  struct Family {
    uint32_t last = 0, largest = 0;  // a node, a segment
  };

  std::vector<Node> nodes_;
  std::vector<Family> families_;
  std::vector<std::string_view> segments_;
  std::vector<uint32_t> segment_slots_;  // open addressing: index + 1 of a segment
};

}  // namespace lcr
