#include "planner/plan/ranges.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>

namespace lcr {
namespace {

struct Numbered {
  std::string_view before, after;
  int64_t number = 0;
};

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Leading zeros would be lost.
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || std::to_string(value) != text)
    return std::nullopt;
  return value;
}

// By the last segment that is a number.
std::optional<Numbered> by_number(std::string_view name) {
  for (size_t end = name.size(); end > 0;) {
    const size_t dot = name.rfind('.', end - 1);
    const size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
    if (const auto number = whole_number(name.substr(begin, end - begin)))
      return Numbered{name.substr(0, begin), name.substr(end), *number};
    if (begin == 0) break;
    end = begin - 1;
  }
  return std::nullopt;
}

struct Range {
  std::string_view before, after;
  int64_t first = 0, last = -1;
};

// "a.{3..60}.b"; other braces mean themselves.
std::optional<Range> range_in(std::string_view text) {
  const size_t open = text.find('{'), dots = text.find("..", open), close = text.find('}', open);
  if (open == text.npos || close == text.npos || dots == text.npos || dots > close) return std::nullopt;
  const auto first = whole_number(text.substr(open + 1, dots - open - 1)),
             last = whole_number(text.substr(dots + 2, close - dots - 2));
  if (!first || !last || *last < *first) return std::nullopt;
  return Range{text.substr(0, open), text.substr(close + 1), *first, *last};
}

}  // namespace

std::vector<std::string> with_ranges(const std::vector<std::string>& names) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < names.size();) {
    const auto start = by_number(names[i]);
    size_t next = i + 1;
    for (; start && next < names.size(); ++next) {
      const auto other = by_number(names[next]);
      if (!other || other->before != start->before || other->after != start->after ||
          other->number != start->number + int64_t(next - i))
        break;
    }
    texts.push_back(next == i + 1 ? names[i]
                                  : fmt::format("{}{{{}..{}}}{}", start->before, start->number,
                                                start->number + int64_t(next - i) - 1, start->after));
    i = next;
  }
  return texts;
}

std::optional<std::vector<std::string>> without_ranges(const std::vector<std::string>& texts, size_t most) {
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    const auto range = range_in(text);
    const uint64_t count = range ? uint64_t(range->last - range->first) + 1 : 1;
    if (count > most || names.size() + count > most) return std::nullopt;
    if (!range) names.push_back(text);
    for (uint64_t n = 0; range && n < count; ++n)
      names.push_back(fmt::format("{}{}{}", range->before, range->first + int64_t(n), range->after));
  }
  return names;
}

}  // namespace lcr
