#include "compiler/check/chosen.h"

#include <map>
#include <utility>

#include "compiler/diagnostics/check.h"

namespace lcr {

void choose(const ChosenCandidates& chosen, TypedRecipe& typed) {
  std::map<std::pair<uint32_t, int32_t>, uint32_t> made;  // assignment of `auto` and candidate -> assignment
  for (size_t m = 0; m < chosen.size(); ++m) {
    if (chosen[m] < 0) continue;
    const uint32_t before = typed.of_module[m];
    const auto [at, added] = made.try_emplace({before, chosen[m]}, static_cast<uint32_t>(typed.assignments.size()));
    if (added) {
      Assignment one = typed.assignments[before];
      LCR_CHECK(one.kind == Assignment::Kind::Auto && static_cast<size_t>(chosen[m]) < one.candidates.size(),
                "a candidate that the rule has not");
      const Candidate candidate = one.candidates[static_cast<size_t>(chosen[m])];
      one.candidates.clear();
      one.kind = candidate.precision ? Assignment::Kind::Quantize : Assignment::Kind::Keep;
      one.precision = candidate.precision;
      if (candidate.stack) one.stack = candidate.stack;
      if (!candidate.precision) one.stack.reset();
      typed.assignments.push_back(std::move(one));
    }
    typed.of_module[m] = at->second;
  }
  // No module is left with one.
  for (Assignment& assignment : typed.assignments) {
    if (assignment.kind != Assignment::Kind::Auto) continue;
    assignment.kind = Assignment::Kind::Keep;
    assignment.candidates.clear();
    assignment.stack.reset();
  }
}

}  // namespace lcr
