#include "compiler/select/name_tree.h"

#include <algorithm>

namespace lcr {
namespace {

uint64_t mix(uint64_t x) {
  x ^= x >> 32;
  x *= 0x9e3779b97f4a7c15u;
  return x ^ (x >> 29);
}

uint64_t hash(std::string_view text) {
  uint64_t h = text.size();
  for (char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return mix(h);
}

}  // namespace

NameTree::NameTree(const std::vector<std::string_view>& names) : segment_slots_(1024) {
  nodes_.reserve(names.size() * 3 / 2 + 16);
  families_.reserve(nodes_.capacity());
  nodes_.emplace_back();
  families_.emplace_back();
  std::string_view previous;
  // The nodes of the previous name, one a segment, with the offset after each segment's text.
  std::vector<std::pair<uint32_t, size_t>> open;
  for (size_t unit = 0; unit < names.size(); ++unit) {
    std::string_view name = names[unit];
    const size_t shared = static_cast<size_t>(
        std::mismatch(name.begin(), name.begin() + std::min(name.size(), previous.size()), previous.begin()).first -
        name.begin());
    while (!open.empty() &&
           (open.back().second > shared || (open.back().second < name.size() && name[open.back().second] != '.')))
      open.pop_back();
    size_t begin = open.empty() ? 0 : open.back().second + 1;
    uint32_t node = open.empty() ? 0 : open.back().first;
    while (begin <= name.size()) {
      const size_t end = std::min(name.find('.', begin), name.size());
      node = child(node, segment(name.substr(begin, end - begin)));
      open.emplace_back(node, end);
      begin = end + 1;
    }
    nodes_[node].unit = static_cast<int32_t>(unit);
    previous = name;
  }
}

uint32_t NameTree::segment(std::string_view text) {
  if (segments_.size() * 2 > segment_slots_.size()) {
    std::vector<uint32_t> slots(segment_slots_.size() * 4);
    for (uint32_t i = 0; i < segments_.size(); ++i) {
      size_t at = hash(segments_[i]) & (slots.size() - 1);
      while (slots[at] != 0) at = (at + 1) & (slots.size() - 1);
      slots[at] = i + 1;
    }
    segment_slots_ = std::move(slots);
  }
  size_t at = hash(text) & (segment_slots_.size() - 1);
  while (segment_slots_[at] != 0) {
    const uint32_t found = segment_slots_[at] - 1;
    if (segments_[found] == text) return found;
    at = (at + 1) & (segment_slots_.size() - 1);
  }
  segments_.push_back(text);
  segment_slots_[at] = static_cast<uint32_t>(segments_.size());
  return static_cast<uint32_t>(segments_.size() - 1);
}

// Segments are numbered as they come, and siblings mostly come in that order: a number above all of the family's is
// new without a search.
uint32_t NameTree::child(uint32_t parent, uint32_t segment) {
  Family& family = families_[parent];
  if (family.last != 0 && nodes_[family.last].segment == segment) return family.last;
  if (family.last != 0 && segment < family.largest)
    for (uint32_t node = nodes_[parent].first_child; node != 0; node = nodes_[node].next_sibling)
      if (nodes_[node].segment == segment) return node;
  const uint32_t made = static_cast<uint32_t>(nodes_.size());
  (family.last == 0 ? nodes_[parent].first_child : nodes_[family.last].next_sibling) = made;
  family.last = made;
  family.largest = std::max(family.largest, segment);
  nodes_.push_back({segment, 0, 0, -1});
  families_.emplace_back();
  return made;
}

}  // namespace lcr
