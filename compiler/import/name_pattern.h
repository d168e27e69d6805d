#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lcr::foreign {

// One step of a pattern over module names.
struct PatternStep {
  enum class Kind {
    Words,  // one of `words`, which hold no dot
    Dot,    // the dot between two segments
    Any,    // any text, dots too, also none
    Some,   // any text, dots too, at least one byte
    Other,  // something within one segment that only an expression says
  };
  Kind kind;
  std::vector<std::string> words;
};

// A pattern that matches whole names.
struct NameSteps {
  std::vector<PatternStep> steps;
};

// A dotted name, exactly.
NameSteps steps_of_name(std::string_view name);
// A Python expression as `re.match` applies it: bound at the front, not at the end. Nothing when it has parts that
// this reading does not know.
std::optional<NameSteps> steps_of_expression(std::string_view expression);

// The path glob that matches the same names; nothing when there is none.
std::optional<std::string> glob_of(const NameSteps& steps);

// Whether no name can match both, by what stands at their ends. False when that cannot be told.
bool disjoint(const NameSteps& a, const NameSteps& b);

// Whether the expression says how matches end, so that it hardly finds modules of other kinds than were meant.
bool ends_in_words(const NameSteps& steps);

// The expression that matches a whole name exactly when `re.match` of the Python one finds something at its front.
std::string whole_expression(std::string_view expression);

}  // namespace lcr::foreign
