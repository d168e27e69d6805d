#include "compiler/select/glob.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == separator && depth == 0)) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}') {
      --depth;
    }
  }
  return parts;
}

bool whole_number(std::string_view text, int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0;
}

// `0..3`; false when the text is something else.
bool number_range(std::string_view text, int64_t& low, int64_t& high) {
  const size_t dots = text.find("..");
  return dots != std::string_view::npos && whole_number(text.substr(0, dots), low) &&
         whole_number(text.substr(dots + 2), high);
}

// Positions of a pattern as bits; `**` stays and passes on at once.
uint64_t closure(const Glob& glob, uint64_t state) {
  for (size_t i = 0; i < glob.segments.size(); ++i)
    if ((state >> i & 1) != 0 && glob.segments[i].any_depth()) state |= uint64_t{2} << i;
  return state;
}

// For each distinct segment of the tree, the pattern positions that accept it.
std::vector<uint64_t> accepting(const Glob& glob, const std::vector<std::string_view>& segments) {
  std::vector<uint64_t> masks(segments.size());
  for (size_t s = 0; s < segments.size(); ++s)
    for (size_t i = 0; i < glob.segments.size(); ++i)
      if (glob.segments[i].any_depth() || glob.segments[i].matches(segments[s])) masks[s] |= uint64_t{1} << i;
  return masks;
}

uint64_t advance(const Glob& glob, uint64_t state, uint64_t accepted) {
  uint64_t next = 0;
  for (uint64_t live = state & accepted; live != 0; live &= live - 1) {
    const int i = __builtin_ctzll(live);
    next |= glob.segments[static_cast<size_t>(i)].any_depth() ? uint64_t{1} << i : uint64_t{2} << i;
  }
  return closure(glob, next);
}

}  // namespace

std::string GlobSegment::problem(std::string_view text) {
  if (text.empty()) return "an empty segment";
  if (text == "**") return {};
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '*' && i + 1 < text.size() && text[i + 1] == '*') return "`**` beside other characters of a segment";
    if (text[i] == '}') return "`}` without `{`";
    if (text[i] != '{') continue;
    const size_t close = text.find('}', i);
    if (close == std::string_view::npos) return "`{` without `}`";
    const std::string_view inside = text.substr(i + 1, close - i - 1);
    if (inside.find('{') != std::string_view::npos) return "braces within braces";
    for (std::string_view part : split(inside, ',')) {
      int64_t low = 0, high = 0;
      if (part.empty()) return "an empty alternative between braces";
      if (part.find("..") != std::string_view::npos && !number_range(part, low, high))
        return "a range without two whole numbers";
      if (low > high) return "a range that counts down";
      if (part.find_first_of("*") != std::string_view::npos) return "`*` between braces";
    }
    i = close;
  }
  return {};
}

GlobSegment::GlobSegment(std::string_view text) : text_(text), any_depth_(text == "**") {
  LCR_CHECK(problem(text).empty(), "a malformed glob was not refused");
  for (size_t i = 0; i < text.size() && !any_depth_; ++i) {
    if (text[i] == '*') {
      pieces_.emplace_back(Star{});
    } else if (text[i] == '{') {
      const size_t close = text.find('}', i);
      std::vector<Alternative> alternatives;
      for (std::string_view part : split(text.substr(i + 1, close - i - 1), ',')) {
        Range range{};
        if (number_range(part, range.low, range.high)) alternatives.emplace_back(range);
        else alternatives.emplace_back(std::string(part));
      }
      pieces_.emplace_back(std::move(alternatives));
      i = close;
    } else {
      if (pieces_.empty() || !std::holds_alternative<std::string>(pieces_.back())) pieces_.emplace_back(std::string());
      std::get<std::string>(pieces_.back()) += text[i];
    }
  }
}

// The offsets that a piece can end at when it begins at one of `from`: linear for any number of stars.
bool GlobSegment::matches(std::string_view segment) const {
  if (any_depth_) return true;
  std::vector<bool> at(segment.size() + 1), next;
  at[0] = true;
  for (const Piece& piece : pieces_) {
    next.assign(segment.size() + 1, false);
    for (size_t from = 0; from <= segment.size(); ++from) {
      if (!at[from]) continue;
      const std::string_view rest = segment.substr(from);
      if (const auto* literal = std::get_if<std::string>(&piece)) {
        if (rest.starts_with(*literal)) next[from + literal->size()] = true;
      } else if (std::holds_alternative<Star>(piece)) {
        std::fill(next.begin() + static_cast<std::ptrdiff_t>(from), next.end(), true);
        break;
      } else {
        for (const Alternative& alternative : std::get<std::vector<Alternative>>(piece))
          accept(alternative, rest, from, next);
      }
    }
    at.swap(next);
  }
  return at[segment.size()];
}

// A number is read as it is written in names: without leading zeros.
void GlobSegment::accept(const Alternative& alternative, std::string_view rest, size_t from, std::vector<bool>& ends) {
  if (const auto* literal = std::get_if<std::string>(&alternative)) {
    if (rest.starts_with(*literal)) ends[from + literal->size()] = true;
    return;
  }
  const Range& range = std::get<Range>(alternative);
  for (size_t length = 1; length <= rest.size() && length < 18 && rest[length - 1] >= '0' && rest[length - 1] <= '9';
       ++length) {
    int64_t value = 0;
    if (length > 1 && rest[0] == '0') break;
    if (whole_number(rest.substr(0, length), value) && value >= range.low && value <= range.high)
      ends[from + length] = true;
  }
}

std::string Glob::problem(std::string_view pattern) {
  const auto parts = split(pattern, '.');
  if (parts.size() > 62) return "more than 62 segments";
  for (std::string_view part : parts)
    if (std::string found = GlobSegment::problem(part); !found.empty()) return found;
  return {};
}

Glob::Glob(std::string_view pattern) {
  for (std::string_view part : split(pattern, '.')) segments.emplace_back(part);
}

std::string Glob::text() const {
  std::string out;
  for (const GlobSegment& segment : segments) out += (out.empty() ? "" : ".") + segment.text();
  return out;
}

std::vector<uint32_t> find_all(const Glob& glob, const NameTree& tree) {
  std::vector<uint32_t> found;
  const std::vector<uint64_t> masks = accepting(glob, tree.segments());
  const uint64_t done = uint64_t{1} << glob.segments.size();
  const auto& nodes = tree.nodes();
  std::vector<std::pair<uint32_t, uint64_t>> open = {{0, closure(glob, 1)}};
  while (!open.empty()) {
    const auto [node, state] = open.back();
    open.pop_back();
    for (uint32_t child = nodes[node].first_child; child != 0; child = nodes[child].next_sibling) {
      const uint64_t next = advance(glob, state, masks[nodes[child].segment]);
      if (next == 0) continue;
      if ((next & done) != 0 && nodes[child].unit >= 0) found.push_back(static_cast<uint32_t>(nodes[child].unit));
      if (nodes[child].first_child != 0) open.emplace_back(child, next);
    }
  }
  return found;
}

bool matches(const Glob& glob, std::string_view name) {
  uint64_t state = closure(glob, 1);
  for (std::string_view segment : split(name, '.')) {
    uint64_t accepted = 0;
    for (size_t i = 0; i < glob.segments.size(); ++i)
      if ((state >> i & 1) != 0 && glob.segments[i].matches(segment)) accepted |= uint64_t{1} << i;
    state = advance(glob, state, accepted);
    if (state == 0) return false;
  }
  return (state >> glob.segments.size() & 1) != 0;
}

GlobStop furthest(const Glob& glob, const NameTree& tree) {
  GlobStop stop;
  std::set<std::string> names;
  const std::vector<uint64_t> masks = accepting(glob, tree.segments());
  const auto& nodes = tree.nodes();
  std::vector<std::pair<uint32_t, uint64_t>> open = {{0, closure(glob, 1)}};
  while (!open.empty()) {
    const auto [node, state] = open.back();
    open.pop_back();
    // The furthest literal position that a name reached, and what stands there in names.
    const size_t reached = static_cast<size_t>(63 - __builtin_clzll(state));
    if (reached > stop.segment) {
      stop.segment = reached;
      names.clear();
    }
    for (uint32_t child = nodes[node].first_child; child != 0; child = nodes[child].next_sibling) {
      if (reached == stop.segment && names.size() < 4096) names.emplace(tree.segments()[nodes[child].segment]);
      const uint64_t next = advance(glob, state, masks[nodes[child].segment]);
      if (next != 0) open.emplace_back(child, next);
    }
  }
  stop.continuations.assign(names.begin(), names.end());
  return stop;
}

}  // namespace lcr
