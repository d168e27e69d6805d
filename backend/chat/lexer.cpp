#include "backend/chat/lexer.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "backend/chat/text.h"

namespace lcr::chat {
namespace {

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool starts_name(char byte) { return byte == '_' || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }
bool is_name(char byte) { return starts_name(byte) || is_digit(byte); }

class Cutter {
 public:
  Cutter(std::string_view text, std::vector<Token>& tokens, Problem& problem) : text_(text), tokens_(tokens), problem_(problem) {}

  bool cut() {
    while (at_ < text_.size()) {
      size_t tag = find_tag();
      if (tag == text_.size()) {
        add(TokenKind::Data, at_, std::string(text_.substr(at_)));
        at_ = tag;
        break;
      }
      char kind = text_[tag + 1];
      size_t content = tag + 2;
      char sign = content < text_.size() && (text_[content] == '-' || text_[content] == '+') ? text_[content] : ' ';
      data(tag, sign, kind != '{');
      at_ = content + (sign == ' ' ? 0 : 1);
      if (!(kind == '#' ? comment(tag) : kind == '%' ? block(tag) : output(tag))) return false;
    }
    add(TokenKind::End, text_.size(), {});
    return true;
  }

 private:
  bool fail(size_t offset, std::string message) {
    problem_ = {std::move(message), static_cast<uint32_t>(std::min(offset, text_.size()))};
    return false;
  }

  void add(TokenKind kind, size_t offset, std::string text, Value value = {}) {
    tokens_.push_back({kind, static_cast<uint32_t>(offset), std::move(text), std::move(value)});
  }

  bool looking_at(std::string_view word) const { return text_.substr(at_).starts_with(word); }

  size_t find_tag() const {
    for (size_t at = text_.find('{', at_); at != std::string_view::npos && at + 1 < text_.size(); at = text_.find('{', at + 1)) {
      char next = text_[at + 1];
      if (next == '%' || next == '{' || next == '#') return at;
    }
    return text_.size();
  }

  // The text before a tag.
  void data(size_t tag, char sign, bool strips_line) {
    std::string_view text = text_.substr(at_, tag - at_);
    if (sign == '-') {
      text = strip(text, Side::Right, nullptr);
    } else if (sign != '+' && strips_line) {
      // White space alone between the line's begin and the tag goes away.
      size_t newline = text.rfind('\n');
      size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
      if ((begin > 0 || line_starts_) && is_space(text.substr(begin))) text = text.substr(0, begin);
    }
    if (!text.empty()) add(TokenKind::Data, at_, std::string(text));
  }

  // Behind the end of a tag, whose sign stands before it.
  void end_tag(char sign, bool trims_newline) {
    size_t begin = at_;
    while (sign == '-' && at_ < text_.size()) {
      size_t next = at_;
      if (!is_space(next_code_point(text_, next))) break;
      at_ = next;
    }
    if (sign == ' ' && trims_newline && at_ < text_.size() && text_[at_] == '\n') ++at_;
    line_starts_ = at_ > begin && text_[at_ - 1] == '\n';
  }

  bool comment(size_t tag) {
    size_t end = text_.find("#}", at_);
    if (end == std::string_view::npos) return fail(tag, "this comment has no end");
    char sign = end > at_ && (text_[end - 1] == '-' || text_[end - 1] == '+') ? text_[end - 1] : ' ';
    at_ = end + 2;
    end_tag(sign, true);
    return true;
  }

  bool block(size_t tag) {
    size_t word = text_.find_first_not_of(" \t\n", at_);
    if (word != std::string_view::npos && text_.substr(word).starts_with("raw")) {
      size_t end = text_.find_first_not_of(" \t\n", word + 3);
      if (end != std::string_view::npos && (text_.substr(end).starts_with("%}") || text_.substr(end).starts_with("-%}"))) return raw(tag, end);
    }
    add(TokenKind::BlockBegin, tag, {});
    return inside(tag, "%}", TokenKind::BlockEnd);
  }

  bool output(size_t tag) {
    add(TokenKind::OutputBegin, tag, {});
    return inside(tag, "}}", TokenKind::OutputEnd);
  }

  // {% raw %} … {% endraw %}: text as it is.
  bool raw(size_t tag, size_t end) {
    char sign = text_[end] == '-' ? '-' : '+';
    at_ = end + (sign == '-' ? 3 : 2);
    end_tag(sign, false);
    for (size_t close = text_.find("{%", at_); close != std::string_view::npos; close = text_.find("{%", close + 2)) {
      size_t word = close + 2;
      char first = word < text_.size() && (text_[word] == '-' || text_[word] == '+') ? text_[word++] : ' ';
      word = text_.find_first_not_of(" \t\n", word);
      if (word == std::string_view::npos || !text_.substr(word).starts_with("endraw")) continue;
      size_t last = text_.find_first_not_of(" \t\n", word + 6);
      if (last == std::string_view::npos) break;
      char second = text_[last] == '-' || text_[last] == '+' ? text_[last++] : ' ';
      if (!text_.substr(last).starts_with("%}")) continue;
      data(close, first, true);
      at_ = last + 2;
      end_tag(second, true);
      return true;
    }
    return fail(tag, "this `raw` has no `endraw`");
  }

  // The tokens of a tag up to its end.
  bool inside(size_t tag, std::string_view end, TokenKind kind) {
    std::string open;
    while (true) {
      while (at_ < text_.size() && is_space(static_cast<unsigned char>(text_[at_]))) ++at_;
      if (at_ == text_.size()) return fail(tag, "this tag has no end");
      bool signed_end = (text_[at_] == '-' || (text_[at_] == '+' && kind == TokenKind::BlockEnd)) && text_.substr(at_ + 1).starts_with(end);
      if (open.empty() && (signed_end || looking_at(end))) {
        char sign = signed_end ? text_[at_] : ' ';
        add(kind, at_, {});
        at_ += signed_end ? 3 : 2;
        end_tag(sign, kind == TokenKind::BlockEnd);
        return true;
      }
      if (!token(open)) return false;
    }
  }

  bool token(std::string& open) {
    char byte = text_[at_];
    if (is_digit(byte)) return number();
    if (starts_name(byte)) {
      size_t begin = at_;
      while (at_ < text_.size() && is_name(text_[at_])) ++at_;
      add(TokenKind::Name, begin, std::string(text_.substr(begin, at_ - begin)));
      return true;
    }
    if (byte == '\'' || byte == '"') return quoted();
    return symbol(open);
  }

  bool number() {
    size_t begin = at_;
    auto digits = [&] {
      while (at_ < text_.size() && (is_digit(text_[at_]) || (text_[at_] == '_' && at_ > begin))) ++at_;
    };
    if (looking_at("0x") || looking_at("0o") || looking_at("0b")) return fail(at_, "numbers in other bases are not known here");
    digits();
    bool real = false;
    if (at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1])) {
      real = true;
      ++at_;
      digits();
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      size_t exponent = at_ + 1 + (at_ + 1 < text_.size() && (text_[at_ + 1] == '-' || text_[at_ + 1] == '+') ? 1 : 0);
      if (exponent < text_.size() && is_digit(text_[exponent])) {
        real = true;
        at_ = exponent;
        digits();
      }
    }
    std::string digits_text(text_.substr(begin, at_ - begin));
    digits_text.erase(std::remove(digits_text.begin(), digits_text.end(), '_'), digits_text.end());
    const char* first = digits_text.data();
    const char* last = first + digits_text.size();
    int64_t whole = 0;
    double number = 0;
    bool good = real ? std::from_chars(first, last, number).ec == std::errc() : std::from_chars(first, last, whole).ec == std::errc();
    if (!good) return fail(begin, fmt::format("the number {} is too large", digits_text));
    add(real ? TokenKind::Float : TokenKind::Integer, begin, digits_text, real ? Value(number) : Value(whole));
    return true;
  }

  // Escapes of a Python string.
  bool quoted() {
    size_t begin = at_;
    char quote = text_[at_++];
    std::string content;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] != '\\') {
        content += text_[at_++];
      } else if (at_ + 1 < text_.size()) {
        if (!escape(content)) return false;
      } else {
        break;
      }
    }
    if (at_ >= text_.size()) return fail(begin, "this text has no end");
    ++at_;
    add(TokenKind::Text, begin, std::move(content));
    return true;
  }

  bool escape(std::string& content) {
    constexpr std::string_view letters = "\\'\"abfnrtv", codes = "\\'\"\a\b\f\n\r\t\v";
    char letter = text_[at_ + 1];
    size_t known = letters.find(letter);
    if (known != std::string_view::npos) {
      content += codes[known];
      at_ += 2;
    } else if (letter == '\n') {
      at_ += 2;
    } else if (letter == 'x' || letter == 'u' || letter == 'U') {
      return hexadecimal(letter == 'x' ? 2 : letter == 'u' ? 4 : 8, content);
    } else if (letter >= '0' && letter <= '7') {
      char32_t code = 0;
      for (++at_; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '7' && code < 64; ++at_) code = code * 8 + (text_[at_] - '0');
      append_code_point(content, code);
    } else if (letter == 'N') {
      return fail(at_, "characters by name are not known here");
    } else {
      // Python keeps the backslash of an unknown escape.
      content += '\\';
      ++at_;
    }
    return true;
  }

  bool hexadecimal(size_t digits, std::string& content) {
    std::string_view text = text_.substr(std::min(at_ + 2, text_.size()), digits);
    uint32_t code = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code, 16);
    if (text.size() < digits || error != std::errc() || end != text.data() + digits || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
      return fail(at_, "this escape names no character");
    append_code_point(content, code);
    at_ += 2 + digits;
    return true;
  }

  bool symbol(std::string& open) {
    for (std::string_view word : {"//", "**", "==", "!=", ">=", "<="})
      if (looking_at(word)) {
        add(TokenKind::Operator, at_, std::string(word));
        at_ += word.size();
        return true;
      }
    char byte = text_[at_];
    constexpr std::string_view singles = "+-/*%~[](){}><=.:|,;";
    if (singles.find(byte) == std::string_view::npos) return fail(at_, "this character does not belong into a tag");
    if (byte == '(' || byte == '[' || byte == '{') open += byte == '(' ? ')' : byte == '[' ? ']' : '}';
    if (byte == ')' || byte == ']' || byte == '}') {
      if (open.empty() || open.back() != byte) return fail(at_, fmt::format("`{}` closes nothing", byte));
      open.pop_back();
    }
    add(TokenKind::Operator, at_++, std::string(1, byte));
    return true;
  }

  std::string_view text_;
  std::vector<Token>& tokens_;
  Problem& problem_;
  size_t at_ = 0;
  // Whether the text at at_ begins a line.
  bool line_starts_ = true;
};

}  // namespace

std::string normal_newlines(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') continue;
    result += text[at] == '\r' ? '\n' : text[at];
  }
  if (result.ends_with('\n')) result.pop_back();
  return result;
}

bool cut_template(std::string_view text, std::vector<Token>& tokens, Problem& problem) {
  return Cutter(text, tokens, problem).cut();
}

}  // namespace lcr::chat
