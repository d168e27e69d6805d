#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/diagnostics/code.h"
#include "compiler/source/source.h"

namespace lcr {

enum class Severity { Error, Warning, Note };

struct CodeInfo {
  Code code;
  std::string_view id;       // "L3001"
  std::string_view name;     // "empty-selection"
  Severity severity;         // the default one
  std::string_view summary;  // one line
};

const std::vector<CodeInfo>& all_codes();
// Of a registered code.
const CodeInfo& info(Code code);
// By id or by name; null when there is none.
const CodeInfo* find_code(std::string_view id_or_name);

// A place that takes part in the problem (primary) or explains it.
struct Label {
  Span span;
  std::string text;
  bool primary = false;
};

struct Edit {
  Span span;
  std::string replacement;
};

// Safe fixes keep the meaning of the text; unsafe ones may change it; display ones are for reading only.
enum class Applicability { Safe, Unsafe, Display };

struct Fix {
  std::string title;
  Applicability applicability = Applicability::Display;
  std::vector<Edit> edits;
};

using Datum = std::variant<int64_t, double, std::string, std::vector<std::string>>;

// What was found, where, and the ways out. `message` describes the situation (lower case, no final period, code in
// backticks); `helps` say what to do. `data` carries the typed facts of the message for machine readers.
struct Diagnostic {
  Code code{};
  Severity severity = Severity::Error;
  std::string message;
  std::vector<Label> labels;
  std::vector<std::string> notes;
  std::vector<std::string> helps;
  std::vector<Fix> fixes;
  std::vector<std::pair<std::string, Datum>> data;

  Diagnostic& label(Span span, std::string text = {});
  Diagnostic& note(std::string text);
  Diagnostic& help(std::string text);
  Diagnostic& fix(Fix fix);
  Diagnostic& with(std::string key, Datum value);
  // The primary span; {0, 0, 0} when the diagnostic has no place in a text.
  Span span() const;
};

// Collects the diagnostics of one run. Not thread-safe: parallel work collects into one each and merges in order.
class Diagnostics {
 public:
  // Adds one with the code's default severity; the reference is valid until the next report.
  Diagnostic& report(Code code, Span primary, std::string message, std::string label = {});
  Diagnostic& report(Code code, std::string message);
  void append(Diagnostics other);

  bool has_errors() const { return errors_ > 0; }
  size_t size() const { return items_.size(); }
  const std::vector<Diagnostic>& items() const { return items_; }
  // By file, then by position, then in order of report: the same for any number of threads.
  std::vector<const Diagnostic*> sorted() const;

 private:
  std::vector<Diagnostic> items_;
  size_t errors_ = 0;
};

// The candidate nearest to `word` by edit distance, or empty when none is near enough to be a likely slip.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
// The `count` nearest ones, best first; no limit on the distance.
std::vector<std::string> nearest_few(std::string_view word, const std::vector<std::string>& candidates, size_t count);

}  // namespace lcr
