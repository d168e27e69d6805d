#include "backend/chat/text.h"

#include <algorithm>

#include <utf8proc.h>

namespace lcr::chat {
namespace {

bool is_cased(char32_t code) {
  auto point = static_cast<utf8proc_int32_t>(code);
  return utf8proc_toupper(point) != point || utf8proc_tolower(point) != point;
}

bool ends_line(char32_t code) {
  return (code >= 0x0a && code <= 0x0d) || (code >= 0x1c && code <= 0x1e) || code == 0x85 || code == 0x2028 || code == 0x2029;
}

bool strips(char32_t code, const std::vector<char32_t>& set, bool spaces) {
  return spaces ? is_space(code) : std::find(set.begin(), set.end(), code) != set.end();
}

}  // namespace

char32_t next_code_point(std::string_view text, size_t& at) {
  utf8proc_int32_t code = 0;
  auto left = static_cast<utf8proc_ssize_t>(text.size() - at);
  utf8proc_ssize_t count = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at, left, &code);
  // A byte that is no UTF-8 stands for itself.
  if (count < 1) return static_cast<uint8_t>(text[at++]);
  at += static_cast<size_t>(count);
  return static_cast<char32_t>(code);
}

void append_code_point(std::string& text, char32_t code) {
  utf8proc_uint8_t bytes[4];
  utf8proc_ssize_t count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(count));
}

int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char byte) { return (static_cast<uint8_t>(byte) & 0xc0) != 0x80; });
}

std::vector<size_t> code_point_offsets(std::string_view text) {
  std::vector<size_t> offsets;
  offsets.reserve(text.size() + 1);
  for (size_t at = 0; at < text.size(); next_code_point(text, at)) offsets.push_back(at);
  offsets.push_back(text.size());
  return offsets;
}

bool is_space(char32_t code) {
  return (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x20) || code == 0x85 || code == 0xa0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

bool is_space(std::string_view text) {
  for (size_t at = 0; at < text.size();)
    if (!is_space(next_code_point(text, at))) return false;
  return !text.empty();
}

std::string change_case(std::string_view text, Case to) {
  std::string result;
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    auto code = static_cast<utf8proc_int32_t>(next_code_point(text, at));
    bool upper = to == Case::Upper || ((to == Case::Title || to == Case::Capital) && !inside);
    append_code_point(result, static_cast<char32_t>(upper ? utf8proc_toupper(code) : utf8proc_tolower(code)));
    inside = to == Case::Capital || is_cased(static_cast<char32_t>(code));
  }
  return result;
}

std::string_view strip(std::string_view text, Side side, const std::string* set) {
  std::vector<char32_t> codes;
  for (size_t at = 0; set && at < set->size();) codes.push_back(next_code_point(*set, at));
  if (side != Side::Right)
    for (size_t at = 0; at < text.size() && strips(next_code_point(text, at), codes, !set); at = 0) text.remove_prefix(at);
  while (side != Side::Left && !text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && (static_cast<uint8_t>(text[begin]) & 0xc0) == 0x80) --begin;
    size_t at = begin;
    if (!strips(next_code_point(text, at), codes, !set)) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    char32_t code = next_code_point(text, at);
    if (!ends_line(code)) continue;
    if (code == '\r' && at < text.size() && text[at] == '\n') ++at;
    lines.push_back(text.substr(begin, end - begin));
    begin = at;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::string replace(std::string_view text, std::string_view old, std::string_view by, int64_t most) {
  std::string result;
  size_t at = 0;
  if (old.empty()) {
    // Before each code point and at the end.
    for (; at < text.size() && most != 0; --most) {
      size_t begin = at;
      next_code_point(text, at);
      result.append(by).append(text.substr(begin, at - begin));
    }
    result.append(text.substr(at));
    if (most != 0) result.append(by);
    return result;
  }
  for (; most != 0; --most) {
    size_t found = text.find(old, at);
    if (found == std::string_view::npos) break;
    result.append(text.substr(at, found - at)).append(by);
    at = found + old.size();
  }
  return result.append(text.substr(at));
}

}  // namespace lcr::chat
