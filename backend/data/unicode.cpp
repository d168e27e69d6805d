#include "backend/data/unicode.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <utf8proc.h>

namespace lcr {
namespace {

utf8proc_category_t category(char32_t code) { return utf8proc_category(static_cast<utf8proc_int32_t>(code)); }

bool between(utf8proc_category_t value, utf8proc_category_t low, utf8proc_category_t high) {
  return value >= low && value <= high;
}

// Bytes that print as themselves keep their code point, the others get 256, 257, ... in order.
struct ByteLetters {
  std::array<char32_t, 256> letter{};
  std::array<int, 324> byte{};

  ByteLetters() {
    byte.fill(-1);
    char32_t next = 256;
    for (int b = 0; b < 256; ++b) {
      bool plain = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
      letter[b] = plain ? static_cast<char32_t>(b) : next++;
      byte[letter[b]] = b;
    }
  }
};

const ByteLetters kLetters;

}  // namespace

char32_t next_code_point(std::string_view text, size_t& at) {
  auto head = static_cast<uint8_t>(text[at]);
  if (head < 0x80) return ++at, head;
  size_t length = head < 0xe0 ? 2 : head < 0xf0 ? 3 : 4;
  char32_t code = head & (0xff >> (length + 1));
  for (size_t i = 1; i < length && at + i < text.size(); ++i) code = code << 6 | (static_cast<uint8_t>(text[at + i]) & 0x3f);
  at = std::min(at + length, text.size());
  return code;
}

void append_code_point(std::string& text, char32_t code) {
  utf8proc_uint8_t bytes[4];
  auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes);
  text.append(reinterpret_cast<char*>(bytes), static_cast<size_t>(length));
}

bool is_white_space(char32_t code) {
  if (code < 0x80) return code == ' ' || (code >= '\t' && code <= '\r');
  return code == 0x85 || between(category(code), UTF8PROC_CATEGORY_ZS, UTF8PROC_CATEGORY_ZP);
}

bool is_numeric(char32_t code) { return between(category(code), UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO); }

bool is_punctuation(char32_t code) {
  if (code < 0x80)
    return (code >= '!' && code <= '/') || (code >= ':' && code <= '@') || (code >= '[' && code <= '`') ||
           (code >= '{' && code <= '~');
  return between(category(code), UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
}

bool is_word(char32_t code) {
  auto kind = category(code);
  if (between(kind, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_NL) || kind == UTF8PROC_CATEGORY_PC) return true;
  // Alphabetic symbols (circled and squared letters) and the two joiners.
  return (code >= 0x24b6 && code <= 0x24e9) || (code >= 0x1f130 && code <= 0x1f149) ||
         (code >= 0x1f150 && code <= 0x1f169) || (code >= 0x1f170 && code <= 0x1f189) || code == 0x200c || code == 0x200d;
}

bool is_nonspacing_mark(char32_t code) { return category(code) == UTF8PROC_CATEGORY_MN; }

bool is_mark(char32_t code) { return between(category(code), UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_ME); }

bool is_other(char32_t code) { return between(category(code), UTF8PROC_CATEGORY_CC, UTF8PROC_CATEGORY_CO); }

std::optional<std::string> normal_form(std::string_view text, NormalForm form) {
  int options = UTF8PROC_STABLE;
  options |= form == NormalForm::Nfc || form == NormalForm::Nfkc ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
  if (form == NormalForm::Nfkc || form == NormalForm::Nfkd) options |= UTF8PROC_COMPAT;
  utf8proc_uint8_t* result = nullptr;
  auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                             &result, static_cast<utf8proc_option_t>(options));
  if (length < 0) return std::nullopt;
  std::string normal(reinterpret_cast<char*>(result), static_cast<size_t>(length));
  std::free(result);
  return normal;
}

std::string lower_case(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    char32_t code = next_code_point(text, at);
    // The only code point whose full mapping has two: U+0130.
    if (code == 0x130) {
      lower += "i\xcc\x87";
    } else {
      append_code_point(lower, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code))));
    }
  }
  return lower;
}

char32_t byte_letter(uint8_t byte) { return kLetters.letter[byte]; }

int letter_byte(char32_t code) { return code < kLetters.byte.size() ? kLetters.byte[code] : -1; }

}  // namespace lcr
