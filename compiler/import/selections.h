#pragma once

#include <string>
#include <vector>

#include "compiler/import/program.h"

namespace lcr::foreign {

// A selection as the language writes it; `compound` ones need parentheses beside others.
struct Term {
  std::string text;
  bool compound = false;
};

// What a term is for: rules find only what can be quantized, `keep` finds anything, `through` what makes values.
enum class Purpose { Change, Keep, Produce };

// The modules of a target. Without a model the term matches what the target matches in every model; with one it may be
// simpler, and terms that match nothing become optional, since the other tool does not mind.
Term term_of(const Target& target, Purpose purpose, const TargetMatcher* model);

Term join(std::vector<Term> terms);
Term subtract(Term from, std::vector<Term> terms);
// The text for a place beside `|`, `&` or `except`.
std::string operand(const Term& term);

// Entries of `ignore` that concern weights; what concerns none is left out with a note, or refused.
std::vector<Target> kept(const std::vector<Target>& ignore, Diagnostics& diagnostics);

// Whether two targets share no module: of the model when there is one, else by their texts.
bool apart(const Target& a, const Target& b, const TargetMatcher* model);

}  // namespace lcr::foreign
