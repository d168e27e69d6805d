#include "backend/chat/write.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <utf8proc.h>

#include "backend/chat/text.h"

namespace lcr::chat {
namespace {

std::string number_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  // The shortest text that gives the number back, with an exponent beyond 1e-4 and 1e16 as in Python.
  std::string text = fmt::format("{}", number);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

bool is_printable(char32_t code) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code))) {
    case UTF8PROC_CATEGORY_CC: case UTF8PROC_CATEGORY_CF: case UTF8PROC_CATEGORY_CS: case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN: case UTF8PROC_CATEGORY_ZL: case UTF8PROC_CATEGORY_ZP: return false;
    case UTF8PROC_CATEGORY_ZS: return code == ' ';
    default: return true;
  }
}

// repr() of a text.
void quote(const std::string& bytes, std::string& text) {
  char mark = bytes.find('\'') != std::string::npos && bytes.find('"') == std::string::npos ? '"' : '\'';
  text += mark;
  for (size_t at = 0; at < bytes.size();) {
    char32_t code = next_code_point(bytes, at);
    if (code == static_cast<unsigned char>(mark) || code == '\\') text.append(1, '\\').append(1, static_cast<char>(code));
    else if (code == '\n') text += "\\n";
    else if (code == '\r') text += "\\r";
    else if (code == '\t') text += "\\t";
    else if (is_printable(code)) append_code_point(text, code);
    else if (code < 0x100) text += fmt::format("\\x{:02x}", static_cast<uint32_t>(code));
    else if (code < 0x10000) text += fmt::format("\\u{:04x}", static_cast<uint32_t>(code));
    else text += fmt::format("\\U{:08x}", static_cast<uint32_t>(code));
  }
  text += mark;
}

bool write_part(const Value& value, std::string& text, std::string& problem);

bool write_items(const std::vector<Value>& items, std::string& text, std::string& problem) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += ", ";
    if (!write_part(items[i], text, problem)) return false;
  }
  return true;
}

// repr().
bool write_part(const Value& value, std::string& text, std::string& problem) {
  if (const Text* content = value.as_text()) {
    if (content->safe) text += "Markup(";
    quote(content->bytes, text);
    if (content->safe) text += ")";
    return true;
  }
  if (value.is_undefined()) return text += "Undefined", true;
  if (const Sequence* sequence = value.as_sequence()) {
    text += sequence->tuple ? '(' : '[';
    if (!write_items(sequence->items, text, problem)) return false;
    if (sequence->tuple && sequence->items.size() == 1) text += ',';
    text += sequence->tuple ? ')' : ']';
    return true;
  }
  if (const Dict* dict = value.as_dict()) {
    text += '{';
    for (const auto& entry : dict->entries) {
      if (&entry != dict->entries.data()) text += ", ";
      if (!write_part(entry.first, text, problem)) return false;
      text += ": ";
      if (!write_part(entry.second, text, problem)) return false;
    }
    text += '}';
    return true;
  }
  return write_text(value, text, problem);
}

void quote_json(const std::string& bytes, bool ascii, std::string& text) {
  text += '"';
  for (size_t at = 0; at < bytes.size();) {
    size_t begin = at;
    uint32_t code = next_code_point(bytes, at);
    constexpr std::string_view plain = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
    size_t known = code < 0x80 ? plain.find(static_cast<char>(code)) : std::string_view::npos;
    if (known != std::string_view::npos) text.append(1, '\\').append(1, letters[known]);
    else if (code >= 0x10000 && ascii) text += fmt::format("\\u{:04x}\\u{:04x}", 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
    else if (code < 0x20 || (ascii && code >= 0x7f)) text += code == 0x7f ? "\x7f" : fmt::format("\\u{:04x}", code);
    else text.append(bytes, begin, at - begin);
  }
  text += '"';
}

class JsonWriter {
 public:
  JsonWriter(const JsonStyle& style, std::string& text, std::string& problem) : style_(style), text_(text), problem_(problem) {}

  bool write(const Value& value, size_t level) {
    if (const Text* content = value.as_text()) return quote_json(content->bytes, style_.ascii, text_), true;
    if (value.is_none()) return text_ += "null", true;
    if (const bool* flag = value.get<bool>()) return text_ += *flag ? "true" : "false", true;
    if (const int64_t* number = value.get<int64_t>()) return text_ += fmt::format("{}", *number), true;
    if (const double* number = value.get<double>()) return text_ += real(*number), true;
    if (const Sequence* sequence = value.as_sequence()) return list(*sequence, level);
    if (const Dict* dict = value.as_dict()) return object(*dict, level);
    problem_ = value.is_undefined() ? "an undefined value cannot be written as JSON"
                                    : fmt::format("a value of type {} cannot be written as JSON", value.type_name());
    return false;
  }

 private:
  static std::string real(double number) {
    return std::isnan(number) ? "NaN" : std::isinf(number) ? (number < 0 ? "-Infinity" : "Infinity") : number_text(number);
  }

  void next(bool first, size_t level) {
    if (!first) text_ += style_.item_separator;
    if (!style_.indented) return;
    text_ += '\n';
    for (size_t i = 0; i < level; ++i) text_ += style_.indent;
  }

  bool list(const Sequence& sequence, size_t level) {
    text_ += '[';
    for (const Value& item : sequence.items) {
      next(&item == sequence.items.data(), level + 1);
      if (!write(item, level + 1)) return false;
    }
    if (!sequence.items.empty()) next(true, level);
    text_ += ']';
    return true;
  }

  bool object(const Dict& dict, size_t level) {
    std::vector<const std::pair<Value, Value>*> entries;
    for (const auto& entry : dict.entries) entries.push_back(&entry);
    if (style_.sorted)
      std::stable_sort(entries.begin(), entries.end(), [](const auto* left, const auto* right) {
        int order = 0;
        return compare(left->first, right->first, order) && order < 0;
      });
    text_ += '{';
    for (const auto* entry : entries) {
      next(entry == entries[0], level + 1);
      if (!key(entry->first)) return false;
      text_ += style_.key_separator;
      if (!write(entry->second, level + 1)) return false;
    }
    if (!entries.empty()) next(true, level);
    text_ += '}';
    return true;
  }

  bool key(const Value& value) {
    if (value.as_text()) return write(value, 0);
    if (!value.is_number() && !value.is_none()) {
      problem_ = fmt::format("a {} cannot be a key of JSON", value.type_name());
      return false;
    }
    text_ += '"';
    write(value, 0);
    text_ += '"';
    return true;
  }

  const JsonStyle& style_;
  std::string& text_;
  std::string& problem_;
};

}  // namespace

bool write_text(const Value& value, std::string& text, std::string& problem) {
  if (value.is_undefined()) return true;
  if (value.is_none()) return text += "None", true;
  if (const bool* flag = value.get<bool>()) return text += *flag ? "True" : "False", true;
  if (const int64_t* number = value.get<int64_t>()) return text += fmt::format("{}", *number), true;
  if (const double* number = value.get<double>()) return text += number_text(*number), true;
  if (const Text* content = value.as_text()) return text += content->bytes, true;
  if (value.as_sequence() || value.as_dict()) return write_part(value, text, problem);
  problem = fmt::format("a value of type {} has no text", value.type_name());
  return false;
}

bool write_json(const Value& value, const JsonStyle& style, std::string& text, std::string& problem) {
  return JsonWriter(style, text, problem).write(value, 0);
}

}  // namespace lcr::chat
