#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lcr {

// All texts here are valid UTF-8; the tokenizer checks that once at its door.

// The code point at `at` (< text.size()); moves `at` behind it.
char32_t next_code_point(std::string_view text, size_t& at);
void append_code_point(std::string& text, char32_t code);

// White_Space of Unicode.
bool is_white_space(char32_t code);
// Categories Nd, Nl, No.
bool is_numeric(char32_t code);
// ASCII punctuation or category P.
bool is_punctuation(char32_t code);
// Alphabetic, M, Nd, Pc, Join_Control: `\w` of UTS 18.
bool is_word(char32_t code);
// Category Mn.
bool is_nonspacing_mark(char32_t code);
// Category M.
bool is_mark(char32_t code);
// Category C but for unassigned code points.
bool is_other(char32_t code);

enum class NormalForm { Nfc, Nfd, Nfkc, Nfkd };
// Empty when the library is out of memory.
std::optional<std::string> normal_form(std::string_view text, NormalForm form);
// Code point by code point, without context (no final sigma).
std::string lower_case(std::string_view text);

// The printable code point that stands for a byte in byte-level vocabularies.
char32_t byte_letter(uint8_t byte);
// The inverse; -1 for code points that stand for no byte.
int letter_byte(char32_t code);

}  // namespace lcr
