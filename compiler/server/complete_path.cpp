#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "compiler/select/glob.h"
#include "compiler/server/completion.h"

namespace lcr::server {
namespace {

// Nodes whose names begin with what the segments match.
std::vector<uint32_t> follow(const NameTree& tree, const std::vector<std::string>& segments) {
  std::vector<uint32_t> at = {0};
  for (const std::string& text : segments) {
    if (!GlobSegment::problem(text).empty()) return {};
    const GlobSegment segment(text);
    std::vector<uint32_t> next;
    for (uint32_t node : at) {
      // `**` stays, and goes to everything below.
      if (segment.any_depth()) next.push_back(node);
      for (uint32_t child = tree.nodes()[node].first_child; child != 0; child = tree.nodes()[child].next_sibling)
        if (segment.any_depth() || segment.matches(tree.segments()[tree.nodes()[child].segment])) next.push_back(child);
    }
    if (segment.any_depth()) {
      for (size_t i = 0; i < next.size(); ++i)
        for (uint32_t child = tree.nodes()[next[i]].first_child; child != 0; child = tree.nodes()[child].next_sibling) next.push_back(child);
      std::sort(next.begin(), next.end());
      next.erase(std::unique(next.begin(), next.end()), next.end());
    }
    at = std::move(next);
  }
  return at;
}

struct Child {
  size_t count = 0;  // nodes of this segment
  bool leaf = false;
  bool inner = false;
};

bool is_number(const std::string& text) { return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }); }

// Segments that follow, numbers apart.
void add_children(CompletionSpot& at, const NameTree& tree, const std::vector<uint32_t>& nodes) {
  std::map<std::string, Child> children;
  for (uint32_t node : nodes)
    for (uint32_t child = tree.nodes()[node].first_child; child != 0; child = tree.nodes()[child].next_sibling) {
      const NameTree::Node& entry = tree.nodes()[child];
      Child& found = children[std::string(tree.segments()[entry.segment])];
      ++found.count;
      found.leaf |= entry.unit >= 0;
      found.inner |= entry.first_child != 0;
    }
  std::vector<int64_t> numbers;
  for (const auto& [text, child] : children) {
    if (is_number(text)) {
      int64_t number = 0;
      std::from_chars(text.data(), text.data() + text.size(), number);
      numbers.push_back(number);
      continue;
    }
    const std::string detail = child.count == 1 ? (child.leaf ? "module" : "") : fmt::format("in {} places", child.count);
    at.add({text, child.inner && !child.leaf ? ItemKind::Folder : ItemKind::Value, detail, {}, {}, false, 1});
  }
  if (numbers.empty()) return;
  std::sort(numbers.begin(), numbers.end());
  const bool dense = numbers.back() - numbers.front() + 1 == static_cast<int64_t>(numbers.size());
  at.add({"*", ItemKind::Value, fmt::format("all {}", numbers.size()), {}, {}, false, 0});
  if (dense && numbers.size() > 1) at.add({fmt::format("{{{}..{}}}", numbers.front(), numbers.back()), ItemKind::Value, "a range", {}, {}, false, 0});
  constexpr size_t most = 64;
  for (size_t i = 0; i < std::min(most, numbers.size()); ++i) at.add({std::to_string(numbers[i]), ItemKind::Value, {}, {}, {}, false, 2});
}

}  // namespace

void complete_path(CompletionSpot& at) {
  const std::shared_ptr<const Model> model = at.server.model_of(at.document);
  if (!model) return;
  const uint32_t begin = at.cursor.token->begin + 1;
  const std::string_view written = std::string_view(at.document.text).substr(begin, at.offset - begin);
  std::vector<std::string> segments;
  size_t start = 0;
  // Dots within braces belong to ranges: `{0..3}`.
  int depth = 0;
  for (size_t i = 0; i < written.size(); ++i) {
    depth += written[i] == '{' ? 1 : written[i] == '}' ? -1 : 0;
    if (written[i] != '.' || depth > 0) continue;
    segments.emplace_back(written.substr(start, i - start));
    start = i + 1;
  }
  // Within `{gate,` the next alternative is what is written.
  const size_t brace = written.find_last_of("{,");
  if (depth > 0 && brace != std::string_view::npos && brace >= start) start = brace + 1;
  at.cursor.begin = begin + static_cast<uint32_t>(start);
  const NameTree &modules_tree = model->names->of(false), &points_tree = model->names->of(true);
  add_children(at, modules_tree, follow(modules_tree, segments));
  // Points hang below the attentions: names that modules do not have.
  const std::vector<uint32_t> points = follow(points_tree, segments);
  std::vector<Item> modules = std::move(at.items);
  at.items.clear();
  add_children(at, points_tree, points);
  for (Item& item : at.items) {
    const bool known = std::any_of(modules.begin(), modules.end(), [&](const Item& other) { return other.label == item.label; });
    if (!known) modules.push_back(std::move(item));
  }
  at.items = std::move(modules);
  if (segments.empty()) at.add({"**", ItemKind::Value, "any number of segments", {}, {}, false, 3});
}

}  // namespace lcr::server
