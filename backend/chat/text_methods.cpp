#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <utf8proc.h>

#include "backend/chat/methods.h"
#include "backend/chat/text.h"

namespace lcr::chat {
namespace {

// What a method gets. `first` and `second` are its text arguments, null when they are absent or None.
struct Call {
  Interpreter& interpreter;
  const std::string& self;
  const std::string& name;
  const std::vector<Value>& values;
  const std::string* first = nullptr;
  const std::string* second = nullptr;

  Value wrong() const { return interpreter.fail(fmt::format("the method `{}` does not take these arguments here", name)); }
  // Argument `i` as a count; `fallback` when it is absent.
  int64_t count(size_t i, int64_t fallback) const {
    int64_t storage = 0;
    const int64_t* number = i < values.size() ? values[i].as_integer(storage) : nullptr;
    return number ? *number : fallback;
  }
};

using Parts = std::vector<std::string_view>;

Value list_of(Interpreter& interpreter, const Parts& parts, bool tuple = false) {
  std::vector<Value> items;
  for (std::string_view part : parts) items.push_back(interpreter.make_text(std::string(part)));
  return interpreter.make_list(std::move(items), tuple);
}

// At runs of white space, from the left.
Parts split_spaces(std::string_view text, int64_t most) {
  Parts parts;
  text = strip(text, Side::Left, nullptr);
  while (!text.empty()) {
    size_t end = 0, next = 0;
    while (next < text.size() && !is_space(next_code_point(text, next))) end = next;
    if (most-- == 0) end = text.size();
    parts.push_back(text.substr(0, end));
    text = strip(text.substr(end), Side::Left, nullptr);
  }
  return parts;
}

Value split(const Call& call) {
  int64_t most = call.count(1, -1);
  std::string_view rest = call.self;
  if (!call.first) return call.name == "split" || most < 0 ? list_of(call.interpreter, split_spaces(rest, most)) : call.wrong();
  if (call.first->empty()) return call.interpreter.fail("a text cannot be split at an empty one");
  Parts parts;
  bool from_right = call.name == "rsplit";
  for (; most != 0; --most) {
    size_t found = from_right ? rest.rfind(*call.first) : rest.find(*call.first);
    if (found == std::string_view::npos) break;
    parts.push_back(from_right ? rest.substr(found + call.first->size()) : rest.substr(0, found));
    rest = from_right ? rest.substr(0, found) : rest.substr(found + call.first->size());
  }
  parts.push_back(rest);
  if (from_right) std::reverse(parts.begin(), parts.end());
  return list_of(call.interpreter, parts);
}

Value partition(const Call& call) {
  if (!call.first || call.first->empty()) return call.wrong();
  std::string_view text = call.self;
  bool from_right = call.name == "rpartition";
  size_t found = from_right ? text.rfind(*call.first) : text.find(*call.first);
  if (found == std::string_view::npos) return list_of(call.interpreter, from_right ? Parts{"", "", text} : Parts{text, "", ""}, true);
  return list_of(call.interpreter, {text.substr(0, found), *call.first, text.substr(found + call.first->size())}, true);
}

Value strip_ends(const Call& call) {
  Side side = call.name == "strip" ? Side::Both : call.name == "lstrip" ? Side::Left : Side::Right;
  return call.interpreter.make_text(std::string(strip(call.self, side, call.first)));
}

Value begins_or_ends(const Call& call) {
  if (call.values.size() != 1) return call.wrong();
  const Sequence* several = call.values[0].as_sequence();
  std::vector<Value> parts = several && several->tuple ? several->items : call.values;
  bool found = false;
  for (const Value& part : parts) {
    const Text* text = part.as_text();
    if (!text) return call.wrong();
    found = found || (call.name == "startswith" ? call.self.starts_with(text->bytes) : call.self.ends_with(text->bytes));
  }
  return Value(found);
}

Value find_part(const Call& call) {
  if (!call.first || call.values.size() != 1) return call.wrong();
  bool from_right = call.name == "rfind" || call.name == "rindex";
  size_t found = from_right ? call.self.rfind(*call.first) : call.self.find(*call.first);
  if (found == std::string::npos) return call.name.ends_with("index") ? call.interpreter.fail("the text has no such part") : Value(int64_t{-1});
  return Value(code_points(std::string_view(call.self).substr(0, found)));
}

Value count_part(const Call& call) {
  if (!call.first || call.values.size() != 1) return call.wrong();
  if (call.first->empty()) return Value(code_points(call.self) + 1);
  int64_t count = 0;
  for (size_t at = call.self.find(*call.first); at != std::string::npos; at = call.self.find(*call.first, at + call.first->size())) ++count;
  return Value(count);
}

Value replace_part(const Call& call) {
  if (!call.first || !call.second) return call.wrong();
  int64_t grown = static_cast<int64_t>((call.self.size() + 1) * call.second->size());
  // At most that much; charged before it is made.
  if (call.second->size() > call.first->size() && !call.interpreter.charge(0, grown)) return {};
  return call.interpreter.make_text(replace(call.self, *call.first, *call.second, call.count(2, -1)));
}

Value change(const Call& call) {
  Case to = call.name == "upper" ? Case::Upper : call.name == "lower" ? Case::Lower : call.name == "title" ? Case::Title : Case::Capital;
  return call.interpreter.make_text(change_case(call.self, to));
}

Value join(const Call& call) {
  if (call.values.size() != 1) return call.wrong();
  std::string text;
  std::vector<Value> items = call.interpreter.items_of(call.values[0]);
  for (size_t i = 0; i < items.size(); ++i) {
    const Text* item = items[i].as_text();
    if (!item) return call.interpreter.fail(fmt::format("`join` takes texts, not a {}", items[i].type_name()));
    text += (i > 0 ? call.self : std::string()) + item->bytes;
    if (!call.interpreter.charge(0, static_cast<int64_t>(call.self.size() + item->bytes.size()))) return {};
  }
  return call.interpreter.make_text(std::move(text));
}

Value remove_end(const Call& call) {
  if (!call.first) return call.wrong();
  std::string_view text = call.self;
  if (call.name == "removeprefix" && text.starts_with(*call.first)) text.remove_prefix(call.first->size());
  if (call.name == "removesuffix" && text.ends_with(*call.first)) text.remove_suffix(call.first->size());
  return call.interpreter.make_text(std::string(text));
}

Value lines(const Call& call) { return call.values.empty() ? list_of(call.interpreter, split_lines(call.self)) : call.wrong(); }

// isspace, isdigit, isalpha, isalnum: all code points are, and there is one.
Value all_are(const Call& call) {
  for (size_t at = 0; at < call.self.size();) {
    char32_t code = next_code_point(call.self, at);
    utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
    bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
    bool digit = category == UTF8PROC_CATEGORY_ND;
    bool good = call.name == "isspace" ? is_space(code) : call.name == "isdigit" ? digit : call.name == "isalpha" ? letter : letter || digit;
    if (!good) return Value(false);
  }
  return Value(!call.self.empty());
}

// isupper, islower: no letter is of the other case, and one is of this.
Value case_is(const Call& call) {
  Case to = call.name == "isupper" ? Case::Upper : Case::Lower;
  return Value(change_case(call.self, to) == call.self && change_case(call.self, to == Case::Upper ? Case::Lower : Case::Upper) != call.self);
}

struct TextMethod {
  std::string_view name;
  // Null: Python has it, templates here do not.
  Value (*call)(const Call&);
};

constexpr TextMethod text_methods[] = {
    {"split", split}, {"rsplit", split}, {"splitlines", lines}, {"partition", partition}, {"rpartition", partition},
    {"strip", strip_ends}, {"lstrip", strip_ends}, {"rstrip", strip_ends}, {"startswith", begins_or_ends}, {"endswith", begins_or_ends},
    {"find", find_part}, {"rfind", find_part}, {"index", find_part}, {"rindex", find_part}, {"count", count_part},
    {"replace", replace_part}, {"upper", change}, {"lower", change}, {"title", change}, {"capitalize", change}, {"join", join},
    {"removeprefix", remove_end}, {"removesuffix", remove_end}, {"isspace", all_are}, {"isdigit", all_are}, {"isalpha", all_are},
    {"isalnum", all_are}, {"isupper", case_is}, {"islower", case_is}, {"format", nullptr}, {"encode", nullptr}, {"casefold", nullptr},
    {"center", nullptr}, {"expandtabs", nullptr}, {"format_map", nullptr}, {"isascii", nullptr}, {"isdecimal", nullptr},
    {"isidentifier", nullptr}, {"isnumeric", nullptr}, {"isprintable", nullptr}, {"istitle", nullptr}, {"ljust", nullptr},
    {"maketrans", nullptr}, {"rjust", nullptr}, {"swapcase", nullptr}, {"translate", nullptr}, {"zfill", nullptr}};

const TextMethod* find_text_method(std::string_view name) {
  auto found = std::find_if(std::begin(text_methods), std::end(text_methods), [&](const TextMethod& each) { return each.name == name; });
  return found == std::end(text_methods) ? nullptr : found;
}

}  // namespace

bool is_text_method(std::string_view name) { return find_text_method(name) != nullptr; }

Value call_text_method(Interpreter& interpreter, const Text& self, const std::string& name, const Arguments& arguments) {
  const TextMethod* method = find_text_method(name);
  if (!method || !method->call) return interpreter.fail(fmt::format("the method `{}` of a str is not known here", name));
  if (self.safe) return interpreter.fail("a text out of the filter `safe` has no methods here");
  Arguments given = arguments;
  // The only names that templates use.
  for (const auto& [word, value] : arguments.named) {
    bool known = (word == "sep" && given.values.empty()) || (word == "maxsplit" && given.values.size() == 1) || (word == "count" && given.values.size() == 2);
    if (!known) return interpreter.fail(fmt::format("the method `{}` takes no argument `{}` here", name, word));
    given.values.push_back(value);
  }
  if (!interpreter.charge(static_cast<int64_t>(self.bytes.size() / 64 + 1))) return {};
  Call call{interpreter, self.bytes, name, given.values};
  const std::string** texts[] = {&call.first, &call.second};
  for (size_t i = 0; i < std::min<size_t>(2, given.values.size()); ++i)
    if (const Text* text = given.values[i].as_text()) *texts[i] = &text->bytes;
  return method->call(call);
}

}  // namespace lcr::chat
