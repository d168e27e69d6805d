#include "planner/schedule/available.h"

#include "compiler/diagnostics/codes/planning.h"

namespace lcr {

// What a budget chooses between is chosen before a plan is made.
bool available(const Recipe& recipe, const TypedRecipe& typed, Diagnostics& diagnostics) {
  for (const Assignment& assignment : typed.assignments) {
    if (assignment.kind != Assignment::Kind::Auto) continue;
    diagnostics
        .report(codes::L5016, assignment.rule >= 0 ? recipe.rules[size_t(assignment.rule)].span : recipe.default_span,
                "precisions are left to the budget, and nothing says what each costs the model", "chooses by scores")
        .help("measure with `lcr score RECIPE --model DIR -o FILE`, then give `--scores FILE`; `lcr run RECIPE` measures itself");
    return false;
  }
  return true;
}

}  // namespace lcr
