#include "compiler/lint/patterns.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/lint/rules.h"

// L91: regular expressions and globs that match something else than their author reads.
namespace lcr::lint {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Where digits end and what follows takes further ones: `.*`, `.+`, `\d*`, `[0-9]*`, or a glob's `*`.
size_t open_number(std::string_view pattern, bool regex, size_t from) {
  for (size_t i = from; i < pattern.size(); ++i) {
    const bool begins = is_digit(pattern[i]) && i > 0 && pattern[i - 1] == '.';
    if (!begins) continue;
    size_t end = i;
    while (end < pattern.size() && is_digit(pattern[end])) ++end;
    const std::string_view rest = pattern.substr(end);
    const bool open = regex ? rest.starts_with(".*") || rest.starts_with(".+") || rest.starts_with("\\d*") ||
                                  rest.starts_with("[0-9]*")
                            : rest.starts_with("*");
    if (open) return i;
    i = end;
  }
  return std::string_view::npos;
}

}  // namespace

void unescaped_dot(const LintText& on, Diagnostics& found) {
  for (const PatternText& pattern : patterns_of(on)) {
    if (!pattern.regex) continue;
    const std::vector<size_t> dots = bare_dots(pattern.text);
    if (dots.empty()) continue;
    const uint32_t first = pattern.begin + static_cast<uint32_t>(dots[0]);
    Diagnostic& diagnostic =
        found.report(codes::L9101, {pattern.span.file, first, first + 1}, "this dot matches any character",
                     dots.size() == 1 ? "" : fmt::format("and {} more", dots.size() - 1));
    diagnostic.help("write `\\.` for the dot between two parts of a name, or a path glob, where a dot is a dot");
    Fix fix{"escape the dots", Applicability::Unsafe, {}};
    for (size_t dot : dots) {
      const uint32_t at = pattern.begin + static_cast<uint32_t>(dot);
      fix.edits.push_back({{pattern.span.file, at, at}, "\\"});
    }
    diagnostic.fix(std::move(fix));
  }
}

void layer_prefix(const LintText& on, Diagnostics& found) {
  for (const PatternText& pattern : patterns_of(on)) {
    const size_t at = open_number(pattern.text, pattern.regex, 0);
    if (at == std::string_view::npos) continue;
    size_t end = at;
    while (end < pattern.text.size() && is_digit(pattern.text[end])) ++end;
    const std::string number(pattern.text.substr(at, end - at));
    const Span span{pattern.span.file, pattern.begin + static_cast<uint32_t>(at),
                    pattern.begin + static_cast<uint32_t>(end)};
    found
        .report(codes::L9102, span, fmt::format("`{}` also begins other numbers", number),
                fmt::format("{0}, {0}0, {0}1, …", number))
        .help(fmt::format("end the segment: `{}{}`; for the layers of the decoder, write `layers({})`", number,
                          pattern.regex ? "\\..*" : ".**", number));
  }
}

void regex_as_glob(const LintText& on, Diagnostics& found) {
  for (const PatternText& pattern : patterns_of(on)) {
    if (!pattern.regex) continue;
    const std::optional<AsGlob> glob = as_glob(pattern.text);
    if (!glob) continue;
    const std::string text = "`" + glob->glob + "`";
    found.report(codes::L9103, pattern.span, fmt::format("expression says what {} says", text))
        .help("path globs always match whole names and have nothing to escape")
        .fix({fmt::format("write {}", text),
              glob->exact ? Applicability::Safe : Applicability::Unsafe,
              {{pattern.span, text}}});
  }
}

void expression_in_glob(const LintText& on, Diagnostics& found) {
  for (const PatternText& pattern : patterns_of(on)) {
    if (pattern.regex) continue;
    const size_t at = pattern.text.find_first_of("\\^$()|+[");
    if (at == std::string_view::npos) continue;
    const uint32_t begin = pattern.begin + static_cast<uint32_t>(at);
    found
        .report(codes::L9104, {pattern.span.file, begin, begin + 1},
                fmt::format("`{}` stands for itself in a path glob", pattern.text[at]))
        .help("no name holds it; put `re` before the backtick for a regular expression")
        .fix({"make it a regular expression",
              Applicability::Unsafe,
              {{{pattern.span.file, pattern.span.begin, pattern.span.begin}, "re"}}});
  }
}

}  // namespace lcr::lint
