#include "compiler/import/name_pattern.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace lcr::foreign {
namespace {

using Kind = PatternStep::Kind;

bool is_plain(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; }

// Reads an expression from left to right; `failed` once something unknown stands there.
class ExpressionReader {
 public:
  explicit ExpressionReader(std::string_view text) : text_(text) {}

  std::optional<NameSteps> read() {
    if (at("^")) at_ += 1;
    bool bound = false;
    while (at_ < text_.size() && !failed_) {
      if (text_.substr(at_) == "$") {
        bound = true;
        break;
      }
      step();
    }
    if (failed_) return std::nullopt;
    if (!bound) add(Kind::Any);
    return NameSteps{std::move(steps_)};
  }

 private:
  bool at(std::string_view text) const { return text_.substr(at_).starts_with(text); }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  // A quantifier behind a step: what was read stands for itself no more.
  bool quantified() const { return peek() == '*' || peek() == '+' || peek() == '?' || peek() == '{'; }
  void skip_quantifier() {
    if (peek() == '{') {
      const size_t end = text_.find('}', at_);
      if (end == std::string_view::npos) failed_ = true;
      at_ = end + 1;
    } else {
      ++at_;
    }
    if (peek() == '?' || peek() == '+') ++at_;
  }

  void add(Kind kind) {
    if (kind == Kind::Any && !steps_.empty() && steps_.back().kind == Kind::Any) return;
    steps_.push_back({kind, {}});
  }
  void add_words(std::vector<std::string> words) {
    if (words.size() == 1 && !steps_.empty() && steps_.back().kind == Kind::Words && steps_.back().words.size() == 1)
      steps_.back().words[0] += words[0];
    else
      steps_.push_back({Kind::Words, std::move(words)});
  }

  void step() {
    if (at(".*") || at(".+")) {
      const Kind kind = at(".*") ? Kind::Any : Kind::Some;
      at_ += 2;
      if (peek() == '?') ++at_;
      add(kind);
    } else if (at("\\.")) {
      at_ += 2;
      if (quantified()) failed_ = true;
      add(Kind::Dot);
    } else if (at("\\d") || at("\\w")) {
      at_ += 2;
      if (quantified()) skip_quantifier();
      add(Kind::Other);
    } else if (is_plain(peek())) {
      const char c = text_[at_++];
      if (quantified()) failed_ = true;
      add_words({std::string(1, c)});
    } else if (peek() == '(') {
      group();
    } else if (peek() == '[') {
      characters();
    } else {
      failed_ = true;
    }
  }

  // `(a|b)`, `(?:a|b)` of plain words.
  void group() {
    ++at_;
    if (at("?:")) at_ += 2;
    std::vector<std::string> words(1);
    while (at_ < text_.size() && peek() != ')') {
      const char c = text_[at_++];
      if (c == '|')
        words.emplace_back();
      else if (is_plain(c))
        words.back() += c;
      else
        failed_ = true;
    }
    if (peek() != ')' || failed_ ||
        std::any_of(words.begin(), words.end(), [](const auto& word) { return word.empty(); })) {
      failed_ = true;
      return;
    }
    ++at_;
    if (quantified()) failed_ = true;
    add_words(std::move(words));
  }

  // `[qkv]`; ranges are no words.
  void characters() {
    const size_t end = text_.find(']', at_ + 2);
    if (end == std::string_view::npos) {
      failed_ = true;
      return;
    }
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    const bool plain =
        std::all_of(inside.begin(), inside.end(), is_plain) && inside.find('-') == std::string_view::npos;
    const bool range = std::all_of(inside.begin(), inside.end(), [](char c) { return is_plain(c); });
    if (!plain && !range) failed_ = true;
    if (quantified()) {
      skip_quantifier();
      add(Kind::Other);
    } else if (plain) {
      std::vector<std::string> words;
      for (char c : inside) words.emplace_back(1, c);
      add_words(std::move(words));
    } else {
      add(Kind::Other);
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  bool failed_ = false;
  std::vector<PatternStep> steps_;
};

// `{0..3}` for consecutive numbers, `{a,b}` otherwise.
std::string alternatives(const std::vector<std::string>& words) {
  if (words.size() == 1) return words[0];
  const auto is_number = [](const std::string& word) {
    return word.size() < 10 &&
           std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c) != 0; }) &&
           (word == "0" || word[0] != '0');
  };
  bool consecutive = words.size() > 2 && std::all_of(words.begin(), words.end(), is_number);
  for (size_t i = 1; consecutive && i < words.size(); ++i)
    consecutive = std::stol(words[i]) == std::stol(words[i - 1]) + 1;
  return consecutive ? fmt::format("{{{}..{}}}", words.front(), words.back())
                     : fmt::format("{{{}}}", fmt::join(words, ","));
}

// What the end of a name says: the last segment is one of `words`, or ends with one.
struct Ending {
  std::vector<std::string> words = {""};
  bool whole = false;  // a dot, or the front of the name, stands before the words
  size_t rest = 0;     // steps before the dot; 0 at the front
};

Ending ending(const NameSteps& steps, size_t count) {
  Ending result;
  while (count > 0 && steps.steps[count - 1].kind == Kind::Words && result.words.size() < 4096) {
    std::vector<std::string> longer;
    for (const std::string& front : steps.steps[count - 1].words)
      for (const std::string& back : result.words) longer.push_back(front + back);
    result.words = std::move(longer);
    --count;
  }
  result.whole = count == 0 || steps.steps[count - 1].kind == Kind::Dot;
  result.rest = count == 0 ? 0 : count - 1;
  return result;
}

bool meet(const Ending& a, const Ending& b) {
  for (const std::string& one : a.words)
    for (const std::string& other : b.words) {
      if (a.whole && b.whole ? one == other
          : a.whole          ? one.ends_with(other)
          : b.whole          ? other.ends_with(one)
                             : one.ends_with(other) || other.ends_with(one))
        return true;
    }
  return false;
}

}  // namespace

NameSteps steps_of_name(std::string_view name) {
  NameSteps result;
  while (true) {
    const size_t dot = name.find('.');
    result.steps.push_back({Kind::Words, {std::string(name.substr(0, dot))}});
    if (dot == std::string_view::npos) return result;
    result.steps.push_back({Kind::Dot, {}});
    name.remove_prefix(dot + 1);
  }
}

std::optional<NameSteps> steps_of_expression(std::string_view expression) {
  return ExpressionReader(expression).read();
}

std::optional<std::string> glob_of(const NameSteps& steps) {
  std::string done;     // segments with their dots
  std::string current;  // the open one
  for (size_t i = 0; i < steps.steps.size(); ++i) {
    const PatternStep& step = steps.steps[i];
    const bool last = i + 1 == steps.steps.size();
    const bool closes = last || steps.steps[i + 1].kind == Kind::Dot;
    switch (step.kind) {
      case Kind::Words: current += alternatives(step.words); break;
      case Kind::Dot:
        if (current.empty()) return std::nullopt;
        done += current + ".";
        current.clear();
        break;
      case Kind::Some:
        // A whole segment has at least one byte anyway; elsewhere no glob asks for that.
        if (!current.empty() || !closes) return std::nullopt;
        [[fallthrough]];
      case Kind::Any:
        if (current.empty()) {
          done += "**.";
          current = "*";
        } else {
          if (!closes) return std::nullopt;
          done += current + "*.";
          current = "**";
        }
        break;
      case Kind::Other: return std::nullopt;
    }
  }
  if (current.empty()) return std::nullopt;
  return done == "**." && current == "*" ? "**" : done + current;
}

bool ends_in_words(const NameSteps& steps) { return !steps.steps.empty() && steps.steps.back().kind == Kind::Words; }

bool disjoint(const NameSteps& a, const NameSteps& b) {
  size_t left = a.steps.size(), right = b.steps.size();
  while (true) {
    const Ending one = ending(a, left), other = ending(b, right);
    if (!meet(one, other)) return true;
    if (!one.whole || !other.whole) return false;
    // One name has more segments than the other.
    if ((one.rest == 0) != (other.rest == 0)) return true;
    if (one.rest == 0) return false;
    left = one.rest, right = other.rest;
  }
}

std::string whole_expression(std::string_view expression) {
  std::string_view text = expression;
  if (text.starts_with('^')) text.remove_prefix(1);
  const bool alternatives = text.find('|') != std::string_view::npos;
  // Without alternatives at the top a final `$` is the end of the name.
  size_t depth = 0;
  bool top = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') ++i;
    else if (text[i] == '(' || text[i] == '[') ++depth;
    else if ((text[i] == ')' || text[i] == ']') && depth > 0) --depth;
    else if (text[i] == '|' && depth == 0) top = true;
  }
  if (alternatives && top) return fmt::format("(?:{}).*", text);
  if (text.ends_with('$') && !text.ends_with("\\$")) return std::string(text.substr(0, text.size() - 1));
  if (text.ends_with(".*") && !text.ends_with("\\.*")) return std::string(text);
  return std::string(text) + ".*";
}

}  // namespace lcr::foreign
