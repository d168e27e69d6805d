#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/import/import.h"

namespace lcr::foreign {

struct DraftRule {
  std::string text;
  std::vector<std::string> comments;
};

// The parts of the recipe, as texts.
struct Draft {
  std::set<std::string> roles, schemes;        // of the standard library
  std::map<std::string, std::string> own;      // schemes of its own, by name
  std::vector<std::string> untied;             // modules that get weights of their own
  std::vector<std::string> rotations;
  std::vector<DraftRule> rules;
  bool needs_data = false, layers = false, every_expert = false, top_k = false;
  bool quantizes = false;
};

// Rules that do not overlap: what a later modifier, or a target that is asked before, also names is subtracted.
Draft make_draft(const Program& program, const TargetMatcher* model, Diagnostics& diagnostics);

// The recipe as a text, before it is formatted. `notes` stand as comments at its top.
std::string write_draft(const Draft& draft, const std::string& name, const std::string& origin,
                        const std::vector<std::string>& notes);

}  // namespace lcr::foreign
