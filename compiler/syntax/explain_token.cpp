#include "compiler/syntax/explain_token.h"

#include <algorithm>

#include <fmt/core.h>

#include "compiler/diagnostics/codes/syntax.h"

namespace lcr::syntax {

namespace {

const std::vector<std::string> kUnits = {"%",  "B",  "KiB", "MiB", "GiB", "TiB", "KB", "MB",  "GB",
                                         "TB", "bit", "bpw", "tok", "ms",  "s",   "min", "h"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// What people write for a unit.
std::string meant_unit(std::string_view written) {
  for (const std::string& unit : kUnits) {
    if (lower(unit) == lower(written)) return unit;
  }
  static const std::pair<std::string_view, std::string_view> kWords[] = {
      {"token", "tok"}, {"tokens", "tok"}, {"t", "tok"},       {"bits", "bit"}, {"sec", "s"},
      {"seconds", "s"}, {"m", "min"},      {"minutes", "min"}, {"hours", "h"},  {"hour", "h"},
      {"k", "KiB"},     {"g", "GiB"},      {"gib", "GiB"},     {"percent", "%"}};
  for (auto [word, unit] : kWords) {
    if (word == lower(written)) return std::string(unit);
  }
  return {};
}

void bad_quantity(const Scene& scene, size_t token) {
  std::string_view written = scene.slice(token);
  size_t digits = std::min(written.find_first_not_of("0123456789."), written.size());
  std::string unit(written.substr(digits));
  Diagnostic& diagnostic = scene.diagnostics.report(
      codes::L1002, scene.span(token), fmt::format("`{}` is a number followed by letters that are no unit", written));
  diagnostic.with("unit", unit);
  std::string meant = meant_unit(unit);
  if (meant.empty()) {
    diagnostic.help("units are B KiB MiB GiB TiB KB MB GB TB, bit, bpw, tok, %, ms s min h; names begin with a letter");
    return;
  }
  std::string fixed = fmt::format("{}{}", written.substr(0, digits), meant);
  diagnostic.help(fmt::format("did you mean `{}`?", fixed));
  diagnostic.fix({"write the unit", Applicability::Unsafe, {{scene.span(token), fixed}}});
}

void unterminated(const Scene& scene, size_t token) {
  bool text = scene.type(token) == LcrParser::UNTERMINATED_STRING;
  uint32_t end = scene.tokens[token].end();
  // A text also stops at an escape that there is not.
  if (text && end + 1 < scene.text.size() && scene.text[end] == '\\') {
    scene.diagnostics
        .report(codes::L1008, {scene.file, end, end + 2},
                fmt::format("`{}` is no escape of a text", scene.text.substr(end, 2)))
        .help("the escapes are `\\\"`, `\\\\`, `\\n` and `\\t`");
    return;
  }
  scene.diagnostics
      .report(codes::L1008, scene.span(token),
              text ? "a text is not closed on its line" : "a path is not closed on its line")
      .help(text ? "close it with `\"`" : "close it with a backtick");
}

// Length of the UTF-8 sequence at the begin of `text`, 1 where it is none.
size_t sequence_length(std::string_view text) {
  auto first = static_cast<unsigned char>(text[0]);
  size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  if (length > text.size()) return 1;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 1;
  }
  return length;
}

std::string_view advice(std::string_view character) {
  if (character == "'") return "texts stand in double quotes, paths in backticks";
  if (character == "\u201c" || character == "\u201d" || character == "\u2018" || character == "\u2019") {
    return "write plain quotes: `\"`";
  }
  if (character == ";") return "statements need no sign at their end";
  if (character == "\u2013" || character == "\u2212") return "write a plain minus: `-`";
  if (character == "\u00a0") return "this is a no-break space; write a plain one";
  return {};
}

void stray(const Scene& scene, size_t token) {
  uint32_t begin = scene.tokens[token].begin();
  size_t length = sequence_length(scene.text.substr(begin));
  std::string_view character = scene.text.substr(begin, length);
  auto first = static_cast<unsigned char>(character[0]);
  bool readable = length > 1 || (first > 0x20 && first < 0x7F);
  std::string shown = readable ? fmt::format("`{}`", character) : fmt::format("the byte 0x{:02X}", first);
  Diagnostic& diagnostic =
      scene.diagnostics.report(codes::L1009, {scene.file, begin, begin + static_cast<uint32_t>(length)},
                               fmt::format("{} is no character of the language outside texts and comments", shown));
  if (std::string_view words = advice(character); !words.empty()) diagnostic.help(std::string(words));
}

bool is_unit(std::string_view word) { return std::find(kUnits.begin(), kUnits.end(), word) != kUnits.end(); }

}  // namespace

bool explain_bad_token(const Scene& scene, size_t token) {
  switch (scene.type(token)) {
    case LcrParser::BAD_QUANTITY: bad_quantity(scene, token); return true;
    case LcrParser::UNTERMINATED_STRING:
    case LcrParser::UNTERMINATED_PATH: unterminated(scene, token); return true;
    case LcrParser::UNKNOWN: stray(scene, token); return true;
    default: return false;
  }
}

bool explain_spaced_unit(const Scene& scene, size_t token) {
  // A unit that could be a name was taken for one; the error is then noticed one token later.
  for (size_t unit : {token, token - 1}) {
    if (unit == 0 || unit >= scene.tokens.size() || scene.type(unit - 1) != LcrParser::NUMBER) continue;
    std::string_view word = scene.slice(unit);
    if (!is_unit(word)) continue;
    Span number = scene.span(unit - 1), place = scene.span(unit);
    scene.diagnostics
        .report(codes::L1003, number.cover(place), "a number and its unit touch in this language")
        .help(fmt::format("write `{}{}`", scene.slice(unit - 1), word))
        .fix({"remove the space", Applicability::Safe, {{{scene.file, number.end, place.begin}, ""}}});
    return true;
  }
  return false;
}

}  // namespace lcr::syntax
