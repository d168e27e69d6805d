#include "backend/data/pattern_dialect.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace lcr {
namespace {

// Bodies of classes. PCRE2's own \s holds U+180E, its \w lacks marks; the dialect's \w also has Latin-1's other numbers.
constexpr std::string_view kSpace = "\\t-\\r \\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}";
constexpr std::string_view kWord = "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}\\x{24b6}-\\x{24e9}";
constexpr std::string_view kHex = "0-9a-fA-F";

std::string_view class_body(char escape) {
  switch (escape) {
    case 's': case 'S': return kSpace;
    case 'w': case 'W': return kWord;
    case 'h': case 'H': return kHex;
    default: return {};
  }
}

// `{Name}` of \p: the name of a script means the script alone, where PCRE2 takes its extensions too. Categories have at
// most two letters.
std::string property_name(std::string_view braced) {
  constexpr std::string_view properties[] = {"Any", "Alphabetic", "Emoji", "Ideographic", "Lowercase", "Uppercase", "White_Space"};
  size_t begin = braced.starts_with("{^") ? 2 : 1;
  std::string_view name = braced.substr(begin, braced.size() - 1 - begin);
  bool script = name.size() > 2 && std::find(std::begin(properties), std::end(properties), name) == std::end(properties);
  return std::string(braced.substr(0, begin)) + (script ? "sc:" : "") + std::string(name) + "}";
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

std::string bracketed(std::string_view body, bool negated) {
  std::string text = negated ? "[^" : "[";
  text += body;
  return text += ']';
}

class Translator {
 public:
  Translator(std::string_view pattern, std::string& problem) : in_(pattern), problem_(problem) {}

  std::optional<std::string> run() {
    while (at_ < in_.size())
      if (!step()) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool fail(std::string_view reason) {
    problem_ = reason;
    return false;
  }

  bool step() {
    size_t begin = out_.size();
    switch (in_[at_]) {
      case '\\':
        atom_ = begin;
        return escape();
      case '[':
        atom_ = begin;
        return bracket();
      case '(':
        groups_.push_back(begin);
        return open();
      case ')':
        if (groups_.empty()) return fail("a parenthesis closes nothing");
        atom_ = groups_.back();
        groups_.pop_back();
        break;
      case '{':
        return interval();
      case '?': case '*': case '+':
        break;
      default:
        atom_ = begin;
        // A quantifier belongs to a whole code point.
        while (at_ + 1 < in_.size() && (in_[at_ + 1] & 0xc0) == 0x80) out_ += in_[at_++];
    }
    out_ += in_[at_++];
    return true;
  }

  // The dialect's option m is PCRE2's s; it never leaves the line mode.
  bool open() {
    size_t end = at_ + 1;
    if (end < in_.size() && in_[end] == '?') {
      ++end;
      while (end < in_.size() && (in_[end] == '-' || in_[end] == 'i' || in_[end] == 'm' || in_[end] == 'x')) ++end;
    }
    for (; at_ < end; ++at_) out_ += in_[at_] == 'm' ? 's' : in_[at_];
    return true;
  }

  // `{,n}` means `{0,n}`; a plus behind an interval repeats it, where PCRE2 would make it possessive.
  bool interval() {
    size_t end = at_ + 1;
    while (end < in_.size() && (in_[end] == ',' || (in_[end] >= '0' && in_[end] <= '9'))) ++end;
    if (end >= in_.size() || in_[end] != '}' || end == at_ + 1) {
      atom_ = out_.size();
      out_ += "\\{";
      ++at_;
      return true;
    }
    std::string text(in_.substr(at_, end + 1 - at_));
    if (text[1] == ',') text.insert(1, "0");
    at_ = end + 1;
    out_ += text;
    if (at_ < in_.size() && in_[at_] == '+') {
      out_.insert(atom_, "(?:");
      out_ += ")+";
      ++at_;
    }
    return true;
  }

  bool escape() {
    if (at_ + 1 >= in_.size()) return fail("a backslash ends the pattern");
    char kind = in_[at_ + 1];
    if (std::string_view body = class_body(kind); !body.empty()) {
      out_ += bracketed(body, is_upper(kind));
    } else if (kind == 'b' || kind == 'B') {
      std::string word = bracketed(kWord, false);
      bool edge = kind == 'b';
      out_ += "(?:(?<=" + word + (edge ? ")(?!" : ")(?=") + word + ")|(?<!" + word + (edge ? ")(?=" : ")(?!") + word + "))";
    } else {
      return plain_escape(out_);
    }
    at_ += 2;
    return true;
  }

  // `\uHHHH`, and the escapes that both dialects share.
  bool plain_escape(std::string& out) {
    if (in_[at_ + 1] == 'u') {
      if (at_ + 6 > in_.size()) return fail("`\\u` without four digits");
      out += "\\x{";
      out += in_.substr(at_ + 2, 4);
      out += '}';
      at_ += 6;
      return true;
    }
    out += in_.substr(at_, 2);
    at_ += 2;
    // The braces of \p{..} and \x{..} are no interval.
    if (at_ < in_.size() && in_[at_] == '{') {
      size_t end = in_.find('}', at_);
      if (end == std::string_view::npos) return fail("a brace has no end");
      bool property = in_[at_ - 1] == 'p' || in_[at_ - 1] == 'P';
      out += property ? property_name(in_.substr(at_, end + 1 - at_)) : std::string(in_.substr(at_, end + 1 - at_));
      at_ = end + 1;
    }
    return true;
  }

  // A class under way: what stands between `&&`, and the body since the last one.
  struct Class {
    std::vector<std::string> operands;
    std::string body;
    bool negated = false;
  };

  bool bracket() {
    Class read;
    if (!read_class(read)) return false;
    out_ += class_text(read);
    return true;
  }

  bool read_class(Class& read) {
    if (++depth_ > 8) return fail("classes are nested too deep");
    ++at_;
    read.negated = at_ < in_.size() && in_[at_] == '^';
    if (read.negated) ++at_;
    for (bool first = true;; first = false) {
      if (at_ >= in_.size()) return fail("a character class has no end");
      if (in_[at_] == ']' && !first) break;
      if (in_.substr(at_, 2) == "&&") {
        if (read.body.empty()) return fail("an intersection lacks a side");
        read.operands.push_back(bracketed(read.body, false));
        read.body.clear();
        at_ += 2;
      } else if (in_[at_] == '[' && in_.substr(at_, 2) != "[:") {
        if (!nested(read)) return false;
      } else if (!member(read.body)) {
        return false;
      }
    }
    ++at_;
    --depth_;
    return true;
  }

  // A plain class inside a class adds its members; any other must be a whole side of an intersection.
  bool nested(Class& outer) {
    Class inner;
    if (!read_class(inner)) return false;
    if (inner.operands.empty() && !inner.negated) {
      outer.body += inner.body;
      return true;
    }
    bool more = in_.substr(at_, 2) == "&&";
    if (!outer.body.empty() || (!more && in_.substr(at_, 1) != "]")) return fail("a union with a negated class");
    if (more) at_ += 2;
    outer.operands.push_back(class_text(inner));
    return true;
  }

  // An intersection becomes a lookahead for each side but the last.
  std::string class_text(const Class& read) const {
    if (read.operands.empty()) return bracketed(read.body, read.negated);
    std::vector<std::string> sides = read.operands;
    if (!read.body.empty()) sides.push_back(bracketed(read.body, false));
    std::string both = "(?:";
    for (size_t i = 0; i + 1 < sides.size(); ++i) both += "(?=" + sides[i] + ")";
    both += sides.back() + ")";
    return read.negated ? "(?:(?!" + both + ")[\\s\\S])" : both;
  }

  bool member(std::string& body) {
    if (in_[at_] != '\\') {
      if (in_.substr(at_, 2) == "[:") {
        size_t end = in_.find(":]", at_);
        if (end == std::string_view::npos) return fail("a POSIX class has no end");
        body += in_.substr(at_, end + 2 - at_);
        at_ = end + 2;
        return true;
      }
      body += in_[at_++];
      return true;
    }
    if (at_ + 1 >= in_.size()) return fail("a backslash ends the pattern");
    char kind = in_[at_ + 1];
    std::string_view known = class_body(kind);
    if (known.empty() || is_upper(kind)) {
      if (kind == 'H') return fail("`\\H` inside a class");
      return plain_escape(body);
    }
    body += known;
    at_ += 2;
    return true;
  }

  std::string_view in_;
  std::string& problem_;
  std::string out_;
  size_t at_ = 0;
  // Where in out_ the last atom, and each open group, begins.
  size_t atom_ = 0;
  std::vector<size_t> groups_;
  int depth_ = 0;
};

}  // namespace

std::optional<std::string> translate_pattern(std::string_view pattern, std::string& problem) {
  return Translator(pattern, problem).run();
}

}  // namespace lcr
