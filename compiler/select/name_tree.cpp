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

uint64_t hash(uint32_t parent, uint32_t segment) { return mix(uint64_t{parent} << 32 | segment); }

}  // namespace

NameTree::NameTree(const std::vector<std::string_view>& names) : segment_slots_(1024), child_slots_(4096) {
  nodes_.reserve(names.size() * 3 / 2 + 16);
  last_child_.reserve(nodes_.capacity());
  nodes_.emplace_back();
  last_child_.push_back(0);
  std::string_view previous;
  // The nodes of the previous name, one a segment, with the offset after each segment's text.
  std::vector<std::pair<uint32_t, size_t>> open;
  for (size_t unit = 0; unit < names.size(); ++unit) {
    std::string_view name = names[unit];
    const size_t shared = static_cast<size_t>(
        std::mismatch(name.begin(), name.begin() + std::min(name.size(), previous.size()), previous.begin()).first -
        name.begin());
    while (!open.empty() && (open.back().second > shared || (open.back().second < name.size() && name[open.back().second] != '.')))
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

void NameTree::grow() {
  std::vector<uint32_t> slots(child_slots_.size() * 4);
  for (uint32_t node = 1; node < nodes_.size(); ++node) {
    size_t at = hash(nodes_[node].parent, nodes_[node].segment) & (slots.size() - 1);
    while (slots[at] != 0) at = (at + 1) & (slots.size() - 1);
    slots[at] = node;
  }
  child_slots_ = std::move(slots);
}

uint32_t NameTree::child(uint32_t parent, uint32_t segment) {
  const uint32_t latest = last_child_[parent];
  if (latest != 0 && nodes_[latest].segment == segment) return latest;
  if (nodes_.size() * 2 > child_slots_.size()) grow();
  size_t at = hash(parent, segment) & (child_slots_.size() - 1);
  while (child_slots_[at] != 0) {
    const Node& found = nodes_[child_slots_[at]];
    if (found.segment == segment && found.parent == parent) return child_slots_[at];
    at = (at + 1) & (child_slots_.size() - 1);
  }
  const uint32_t made = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({segment, parent, 0, 0, -1});
  last_child_.push_back(0);
  (latest == 0 ? nodes_[parent].first_child : nodes_[latest].next_sibling) = made;
  last_child_[parent] = made;
  child_slots_[at] = made;
  return made;
}

}  // namespace lcr
