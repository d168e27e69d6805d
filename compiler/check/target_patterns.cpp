#include "compiler/check/target_patterns.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace lcr {
namespace {

// Patterns of one label that differ in their last segment only.
struct Family {
  std::vector<std::string> parent;
  std::vector<NumberChoice> numbers;
  std::vector<std::string> names;
  bool any_name = false;  // experts: whatever a server calls the parts
};

std::string escaped(const std::string& segment) {
  std::string out;
  for (char c : segment) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    if (!plain) out += '\\';
    out += c;
  }
  return out;
}

std::string text_of(const NumberChoice& numbers) {
  if (numbers.empty()) return "\\d+";
  if (numbers.size() == 1) return std::to_string(numbers[0]);
  return fmt::format("({})", fmt::join(numbers, "|"));
}

bool overlap(const NumberChoice& a, const NumberChoice& b) {
  if (a.empty() || b.empty()) return true;
  return std::any_of(a.begin(), a.end(),
                     [&](int64_t number) { return std::find(b.begin(), b.end(), number) != b.end(); });
}

// Whether a suffix of the family's names, `kept` segments of the parent and the name, is also one of the pattern's.
bool could_match(const Family& family, size_t kept, const NamePattern& pattern) {
  if (pattern.segments.size() < kept + 1) return false;
  const std::string& last = pattern.segments.back();
  const bool named = std::any_of(family.names.begin(), family.names.end(), [&](const std::string& name) {
    return kept == 0 && name != "#" ? last.ends_with(name) : last == name;
  });
  if (!named && !(family.any_name && last != "#")) return false;
  size_t number = family.numbers.size(), other = pattern.numbers.size();
  if (last == "#" && !overlap(family.numbers[--number], pattern.numbers[--other])) return false;
  for (size_t back = 0; back < kept; ++back) {
    const std::string& mine = family.parent[family.parent.size() - 1 - back];
    const std::string& theirs = pattern.segments[pattern.segments.size() - 2 - back];
    // `.*` may end within a segment: the first one kept is a suffix of theirs.
    const bool first = back + 1 == kept;
    if (mine == "#" ? theirs != "#" : !(first ? theirs.ends_with(mine) : theirs == mine)) return false;
    if (mine == "#" && !overlap(family.numbers[--number], pattern.numbers[--other])) return false;
  }
  return true;
}

std::vector<Family> families(const std::vector<NamePattern>& all, int32_t label) {
  std::map<std::pair<std::vector<std::string>, std::vector<NumberChoice>>, Family> found;
  std::vector<std::pair<std::vector<std::string>, std::vector<NumberChoice>>> order;
  for (const NamePattern& pattern : all) {
    if (pattern.label != label) continue;
    std::vector<std::string> parent(pattern.segments.begin(), pattern.segments.end() - 1);
    const auto [at, added] = found.try_emplace({parent, pattern.numbers});
    if (added) {
      at->second.parent = parent;
      at->second.numbers = pattern.numbers;
      at->second.any_name = pattern.expert && pattern.segments.back() != "#";
      order.push_back(at->first);
    }
    at->second.names.push_back(pattern.segments.back());
  }
  std::vector<Family> result;
  for (const auto& key : order) result.push_back(std::move(found.at(key)));
  return result;
}

std::string expression(const Family& family, size_t kept, bool anchored) {
  std::string out;
  size_t number = 0;
  const size_t skipped = family.parent.size() - kept;
  for (size_t i = 0; i < skipped; ++i) number += family.parent[i] == "#";
  for (size_t i = skipped; i < family.parent.size(); ++i)
    out += (family.parent[i] == "#" ? text_of(family.numbers[number++]) : escaped(family.parent[i])) + "\\.";
  std::vector<std::string> names;
  for (const std::string& name : family.names)
    names.push_back(name == "#" ? text_of(family.numbers[number]) : escaped(name));
  std::sort(names.begin(), names.end());
  if (family.any_name) out += "[^.]+";
  else out += names.size() == 1 ? names[0] : fmt::format("({})", fmt::join(names, "|"));
  return fmt::format("re:{}{}$", anchored ? "" : ".*", out);
}

}  // namespace

std::vector<std::string> expressions(const std::vector<NamePattern>& all, int32_t label) {
  std::vector<std::string> found;
  for (Family& family : families(all, label)) {
    // Cutting starts before the word that the first number counts: `.*layers\.\d+\.…`.
    const auto first_number = std::find(family.parent.begin(), family.parent.end(), "#");
    size_t kept = first_number == family.parent.end() ? 1 : static_cast<size_t>(family.parent.end() - first_number) + 1;
    // A number alone says too little about what it counts.
    if (family.names.front() == "#") kept = std::max<size_t>(kept, 2);
    kept = std::min(kept, family.parent.size());
    const auto exact = [&](size_t length) {
      return std::none_of(all.begin(), all.end(), [&](const NamePattern& other) {
        return other.label != label && could_match(family, length, other);
      });
    };
    if (family.any_name && !exact(family.parent.size())) family.any_name = false;
    while (kept < family.parent.size() && !exact(kept)) ++kept;
    found.push_back(expression(family, kept, kept == family.parent.size() && !exact(kept)));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace lcr
