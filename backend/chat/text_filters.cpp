#include <cerrno>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "backend/chat/filters.h"
#include "backend/chat/text.h"
#include "backend/chat/write.h"

namespace lcr::chat {
namespace {

using Given = const Arguments&;

bool is_safe(const Value& value) { return value.as_text() && value.as_text()->safe; }

Value trim(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("trim", given, {"chars"});
  const Text* set = values[0].as_text();
  std::string text = interpreter.write(input);
  return interpreter.make_text(std::string(strip(text, Side::Both, set ? &set->bytes : nullptr)), is_safe(input));
}

template <Case to>
Value change(Interpreter& interpreter, const Value& input, Given given) {
  interpreter.bind("upper, lower and capitalize", given, {});
  return interpreter.make_text(change_case(interpreter.write(input), to), is_safe(input));
}

// Words begin behind white space and opening brackets, unlike those of the method of that name.
Value title(Interpreter& interpreter, const Value& input, Given) {
  std::string source = interpreter.write(input), text;
  bool inside = false;
  for (size_t at = 0; at < source.size();) {
    size_t begin = at;
    char32_t code = next_code_point(source, at);
    text += change_case(std::string_view(source).substr(begin, at - begin), inside ? Case::Lower : Case::Upper);
    inside = !is_space(code) && !(code < 0x80 && std::string_view("-({[<").find(static_cast<char>(code)) != std::string_view::npos);
  }
  return interpreter.make_text(std::move(text), is_safe(input));
}

Value string(Interpreter& interpreter, const Value& input, Given) { return interpreter.make_text(interpreter.write(input), is_safe(input)); }

Value safe(Interpreter& interpreter, const Value& input, Given) { return interpreter.make_text(interpreter.write(input), true); }

Value escape(Interpreter& interpreter, const Value& input, Given) {
  if (is_safe(input)) return input;
  std::string text;
  for (char byte : interpreter.write(input)) {
    switch (byte) {
      case '&': text += "&amp;"; break;
      case '<': text += "&lt;"; break;
      case '>': text += "&gt;"; break;
      case '\'': text += "&#39;"; break;
      case '"': text += "&#34;"; break;
      default: text += byte;
    }
  }
  return interpreter.make_text(std::move(text), true);
}

Value replace_part(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("replace", given, {"old", "new", "count"});
  Arguments parts{{interpreter.make_text(interpreter.write(values[0])), interpreter.make_text(interpreter.write(values[1]))}, {}};
  if (!values[2].is_undefined() && !values[2].is_none()) parts.values.push_back(values[2]);
  return interpreter.call(interpreter.attribute(interpreter.make_text(interpreter.write(input)), "replace"), std::move(parts));
}

Value indent(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("indent", given, {"width", "first", "blank"});
  int64_t storage = 0;
  const int64_t* width = values[0].as_integer(storage);
  std::string margin(static_cast<size_t>(width ? std::max<int64_t>(0, std::min<int64_t>(*width, 1000)) : 4), ' ');
  if (const Text* text = values[0].as_text()) margin = text->bytes;
  std::string source = interpreter.write(input) + "\n";
  std::vector<std::string_view> lines = split_lines(source);
  std::string text = values[1].truth() ? margin : "";
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) text += '\n';
    if (i > 0 && (!lines[i].empty() || values[2].truth())) text += margin;
    text += lines[i];
    if (!interpreter.charge(0, static_cast<int64_t>(margin.size()))) return {};
  }
  return interpreter.make_text(std::move(text), is_safe(input));
}

Value tojson(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("tojson", given, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style{.ascii = values[0].truth(), .sorted = values[3].truth()};
  int64_t storage = 0;
  if (const int64_t* width = values[1].as_integer(storage)) {
    style.indented = true;
    style.indent = std::string(static_cast<size_t>(std::max<int64_t>(0, std::min<int64_t>(*width, 1000))), ' ');
  } else if (const Text* text = values[1].as_text()) {
    style.indented = true;
    style.indent = text->bytes;
  }
  if (style.indented) style.item_separator = std::string(1, ',');
  const Sequence* separators = values[2].as_sequence();
  if (separators && separators->items.size() == 2) {
    style.item_separator = interpreter.write(separators->items[0]);
    style.key_separator = interpreter.write(separators->items[1]);
  }
  std::string text, problem;
  if (!write_json(input, style, text, problem)) return interpreter.fail(std::move(problem));
  return interpreter.make_text(std::move(text));
}

// The directives %s, %d, %i and %%.
Value format(Interpreter& interpreter, const Value& input, Given given) {
  std::string pattern = interpreter.write(input), text;
  size_t used = 0;
  for (size_t at = 0; at < pattern.size(); ++at) {
    char kind = pattern[at] == '%' && at + 1 < pattern.size() ? pattern[at + 1] : ' ';
    if (pattern[at] != '%') {
      text += pattern[at];
      continue;
    }
    ++at;
    if (kind == '%') {
      text += '%';
      continue;
    }
    int64_t storage = 0;
    bool known = used < given.values.size() && (kind == 's' || ((kind == 'd' || kind == 'i') && given.values[used].as_integer(storage)));
    if (!known) return interpreter.fail("only %s, %d and %% with a value for each are known here");
    text += kind == 's' ? interpreter.write(given.values[used]) : fmt::format("{}", *given.values[used].as_integer(storage));
    ++used;
  }
  if (used < given.values.size()) return interpreter.fail("not all values are used by the format");
  return interpreter.make_text(std::move(text));
}

Value to_int(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("int", given, {"default"});
  Value fallback = values[0].is_undefined() ? Value(int64_t{0}) : values[0];
  int64_t storage = 0;
  if (const int64_t* number = input.as_integer(storage)) return Value(*number);
  double real = input.as_double();
  if (const Text* text = input.as_text()) {
    std::string digits(strip(text->bytes, Side::Both, nullptr));
    char* end = nullptr;
    errno = 0;
    int64_t whole = std::strtoll(digits.c_str(), &end, 10);
    if (!digits.empty() && *end == '\0' && errno == 0) return Value(whole);
    real = std::strtod(digits.c_str(), &end);
    if (digits.empty() || *end != '\0') return fallback;
  } else if (!input.get<double>()) {
    return fallback;
  }
  return std::abs(real) < 9e18 ? Value(static_cast<int64_t>(real)) : fallback;
}

Value to_float(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("float", given, {"default"});
  if (input.is_number()) return Value(input.as_double());
  if (const Text* text = input.as_text()) {
    std::string digits(strip(text->bytes, Side::Both, nullptr));
    char* end = nullptr;
    double real = std::strtod(digits.c_str(), &end);
    if (!digits.empty() && *end == '\0') return Value(real);
  }
  return values[0].is_undefined() ? Value(0.0) : values[0];
}

Value absolute(Interpreter& interpreter, const Value& input, Given) {
  int order = 0;
  if (!compare(input, Value(int64_t{0}), order)) return interpreter.fail(fmt::format("a {} has no absolute value", input.type_name()));
  return order < 0 ? interpreter.arithmetic("-", Value(int64_t{0}), input) : input;
}

constexpr Filter filters[] = {{"trim", trim}, {"upper", change<Case::Upper>}, {"lower", change<Case::Lower>}, {"title", title},
                              {"capitalize", change<Case::Capital>}, {"string", string}, {"safe", safe}, {"escape", escape}, {"e", escape},
                              {"replace", replace_part}, {"indent", indent}, {"tojson", tojson}, {"format", format}, {"int", to_int},
                              {"float", to_float}, {"abs", absolute}};

}  // namespace

std::span<const Filter> text_filters() { return filters; }

}  // namespace lcr::chat
