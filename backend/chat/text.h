#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Texts of templates and data are valid UTF-8; lengths and indices of the template language count code points.
namespace lcr::chat {

// The code point at `at` (< text.size()); moves `at` behind it.
char32_t next_code_point(std::string_view text, size_t& at);
void append_code_point(std::string& text, char32_t code);

int64_t code_points(std::string_view text);
// Byte offset of each code point, and the size at the end.
std::vector<size_t> code_point_offsets(std::string_view text);

// str.isspace of Python.
bool is_space(char32_t code);
bool is_space(std::string_view text);

enum class Case { Lower, Upper, Title, Capital };
std::string change_case(std::string_view text, Case to);

enum class Side { Left, Right, Both };
// Without leading or trailing code points that are in `set`; white space when it is null.
std::string_view strip(std::string_view text, Side side, const std::string* set);

// At the line ends of Python's str.splitlines.
std::vector<std::string_view> split_lines(std::string_view text);
std::string replace(std::string_view text, std::string_view old, std::string_view by, int64_t most);

}  // namespace lcr::chat
