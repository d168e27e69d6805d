#include "compiler/check/name_shapes.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>

namespace lcr {
namespace {

struct Entry {
  std::vector<int64_t> numbers;
  int32_t label;
};

struct Shape {
  std::vector<std::string> segments;
  std::vector<Entry> entries;
  bool expert = false;
};

bool is_number(std::string_view segment) {
  return !segment.empty() && segment.size() < 18 &&
         std::all_of(segment.begin(), segment.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<Shape> shapes_of(const std::vector<LabelledName>& names) {
  std::vector<Shape> shapes;
  std::unordered_map<std::string, size_t> known;
  std::string key;
  std::vector<std::string_view> segments;
  for (const LabelledName& name : names) {
    key.clear();
    segments.clear();
    Entry entry{{}, name.label};
    for (size_t begin = 0; begin <= name.name.size();) {
      const size_t end = std::min(name.name.find('.', begin), name.name.size());
      const std::string_view segment = name.name.substr(begin, end - begin);
      int64_t value = 0;
      if (is_number(segment)) {
        std::from_chars(segment.data(), segment.data() + segment.size(), value);
        entry.numbers.push_back(value);
        segments.push_back("#");
      } else {
        segments.push_back(segment);
      }
      key += segments.back();
      key += '.';
      begin = end + 1;
    }
    const auto [at, added] = known.try_emplace(key, shapes.size());
    if (added) shapes.push_back({{segments.begin(), segments.end()}, {}, name.expert});
    shapes[at->second].entries.push_back(std::move(entry));
  }
  return shapes;
}

// Labels as a function of the numbers, as a decision diagram: equal functions have equal ids.
class Diagram {
 public:
  explicit Diagram(std::vector<Entry> entries) : entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.numbers < b.numbers; });
    root_ = build(0, entries_.size(), 0);
  }

  // The patterns of every label, each a choice of numbers for every place.
  std::vector<std::pair<std::vector<NumberChoice>, int32_t>> patterns() const {
    std::vector<std::pair<std::vector<NumberChoice>, int32_t>> found;
    std::vector<NumberChoice> path;
    walk(root_, path, found);
    return found;
  }

 private:
  struct Node {
    bool leaf = false;
    int32_t label = 0;
    bool any = false;                                  // the only branch holds for every number
    std::vector<std::pair<NumberChoice, size_t>> branches;
    bool operator<(const Node& other) const {
      return std::tie(leaf, label, any, branches) < std::tie(other.leaf, other.label, other.any, other.branches);
    }
  };

  size_t intern(Node node) {
    const auto [at, added] = known_.try_emplace(node, nodes_.size());
    if (added) nodes_.push_back(std::move(node));
    return at->second;
  }

  size_t build(size_t begin, size_t end, size_t place) {
    if (place == entries_[begin].numbers.size()) return intern({true, entries_[begin].label, false, {}});
    Node node;
    for (size_t from = begin; from < end;) {
      const int64_t number = entries_[from].numbers[place];
      size_t to = from;
      while (to < end && entries_[to].numbers[place] == number) ++to;
      const size_t child = build(from, to, place + 1);
      const auto same = std::find_if(node.branches.begin(), node.branches.end(),
                                     [&](const auto& branch) { return branch.second == child; });
      if (same == node.branches.end()) node.branches.push_back({{number}, child});
      else same->first.push_back(number);
      from = to;
    }
    if (node.branches.size() == 1) {
      node.any = true;
      node.branches[0].first.clear();
    }
    return intern(std::move(node));
  }

  void walk(size_t id, std::vector<NumberChoice>& path,
            std::vector<std::pair<std::vector<NumberChoice>, int32_t>>& found) const {
    const Node& node = nodes_[id];
    if (node.leaf) {
      found.emplace_back(path, node.label);
      return;
    }
    for (const auto& [numbers, child] : node.branches) {
      path.push_back(numbers);
      walk(child, path, found);
      path.pop_back();
    }
  }

  std::vector<Entry> entries_;
  std::vector<Node> nodes_;
  std::map<Node, size_t> known_;
  size_t root_ = 0;
};

}  // namespace

std::vector<NamePattern> factor(const std::vector<LabelledName>& names) {
  std::vector<NamePattern> patterns;
  for (Shape& shape : shapes_of(names)) {
    const Diagram diagram(std::move(shape.entries));
    for (auto& [numbers, label] : diagram.patterns())
      patterns.push_back({shape.segments, std::move(numbers), label, shape.expert});
  }
  return patterns;
}

}  // namespace lcr
