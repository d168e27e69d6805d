#include "compiler/lint/patterns.h"

#include "compiler/lint/walk.h"
#include "compiler/select/glob.h"

namespace lcr {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; }
bool quantifies(char c) { return c == '*' || c == '+' || c == '?' || c == '{'; }

// Reads an expression from left to right and writes a glob.
class GlobWriter {
 public:
  explicit GlobWriter(std::string_view regex) : rest_(regex) {}

  std::optional<AsGlob> write() {
    // `.*\.x` is `**.x`, which also finds `x` itself.
    if (take(".*\\.")) add("**.", false);
    while (!rest_.empty())
      if (!step()) return std::nullopt;
    if (!Glob::problem(result_.glob).empty()) return std::nullopt;
    return result_;
  }

 private:
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void add(std::string_view text, bool exact) {
    result_.glob += text;
    result_.exact = result_.exact && exact;
  }
  bool ends_piece() const { return rest_.empty() || !quantifies(rest_.front()); }

  bool step() {
    // `\..*` at the end goes through any number of segments, one at least.
    if (rest_ == "\\..*") {
      rest_ = {};
      add(".**", false);
      return true;
    }
    if (take("\\.")) {
      add(".", true);
      return ends_piece();
    }
    if (take("[^.]*") || take("[^\\.]*")) {
      add("*", true);
      return ends_piece();
    }
    if (take("\\d+") || take("[0-9]+") || take("[^.]+") || take("[^\\.]+")) {
      add("*", false);
      return ends_piece();
    }
    if (rest_.front() == '(') return alternatives();
    if (!is_name(rest_.front())) return false;
    add(rest_.substr(0, 1), true);
    rest_.remove_prefix(1);
    return ends_piece();
  }

  // `(a|b|c)`, names only.
  bool alternatives() {
    if (!take("(?:")) take("(");
    const size_t close = rest_.find(')');
    if (close == std::string_view::npos || close == 0) return false;
    std::string inside(rest_.substr(0, close));
    for (char& c : inside) {
      if (c == '|') c = ',';
      else if (!is_name(c)) return false;
    }
    rest_.remove_prefix(close + 1);
    add("{" + inside + "}", true);
    return ends_piece();
  }

  std::string_view rest_;
  AsGlob result_;
};

}  // namespace

std::vector<PatternText> patterns_of(const LintText& on) {
  std::vector<PatternText> found;
  Walk walker;
  walker.value = [&](const syntax::Value& value) {
    if (const auto* regex = std::get_if<syntax::Regex>(&value.node)) {
      const auto quote = static_cast<uint32_t>(on.sources.text(value.span).find('`'));
      found.push_back({value.span, value.span.begin + quote + 1, regex->pattern, true});
    }
    if (const auto* path = std::get_if<syntax::Path>(&value.node))
      found.push_back({value.span, value.span.begin + 1, path->text, false});
  };
  for (const syntax::Statement& statement : on.file.statements) walk(statement, walker);
  return found;
}

std::vector<size_t> bare_dots(std::string_view regex) {
  std::vector<size_t> dots;
  bool in_class = false;
  for (size_t i = 0; i < regex.size(); ++i) {
    const char c = regex[i];
    if (c == '\\') {
      ++i;
    } else if (c == '[') {
      in_class = true;
    } else if (c == ']') {
      in_class = false;
    } else if (c == '.' && !in_class) {
      const bool repeated = i + 1 < regex.size() && quantifies(regex[i + 1]);
      if (!repeated) dots.push_back(i);
    }
  }
  return dots;
}

std::optional<AsGlob> as_glob(std::string_view regex) { return GlobWriter(regex).write(); }

}  // namespace lcr
