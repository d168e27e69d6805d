#include "compiler/server/formatting.h"

#include <algorithm>

#include "compiler/syntax/format.h"

namespace lcr::server {
namespace {

// Bytes of the whole lines that both texts begin with.
size_t common_front(std::string_view a, std::string_view b) {
  const size_t least = std::min(a.size(), b.size());
  size_t same = 0;
  while (same < least && a[same] == b[same]) ++same;
  const size_t end = a.substr(0, same).rfind('\n');
  return end == std::string_view::npos ? 0 : end + 1;
}

// Bytes of the whole lines that both texts end with.
size_t common_back(std::string_view a, std::string_view b) {
  const size_t least = std::min(a.size(), b.size());
  size_t same = 0;
  while (same < least && a[a.size() - 1 - same] == b[b.size() - 1 - same]) ++same;
  const size_t begin = a.substr(a.size() - same).find('\n');
  return begin == std::string_view::npos ? 0 : same - begin - 1;
}

}  // namespace

Json formatting_edits(const Document& document, Units units) {
  if (!document.parsed->readable) return nullptr;
  const std::string_view before = document.text;
  const std::string after = syntax::format(document.parsed->sources, document.parsed->tree);
  Json edits = Json::array();
  if (before == after) return edits;
  const size_t front = common_front(before, after);
  const size_t back = common_back(before.substr(front), std::string_view(after).substr(front));
  const Positions positions(before, units);
  edits.push_back({{"range", positions.range(static_cast<uint32_t>(front), static_cast<uint32_t>(before.size() - back))},
                   {"newText", after.substr(front, after.size() - back - front)}});
  return edits;
}

}  // namespace lcr::server
