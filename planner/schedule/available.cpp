#include "planner/schedule/available.h"

#include <set>

#include "compiler/diagnostics/codes/planning.h"

namespace lcr {
namespace {

class Refusals {
 public:
  Refusals(const Recipe& recipe, Diagnostics& diagnostics) : recipe_(recipe), diagnostics_(diagnostics) {}

  // One rule is reported once, however many assignments come from it.
  void refuse_rule(int32_t rule, std::string_view what) {
    if (reported_.insert(rule).second) refuse(rule >= 0 ? recipe_.rules[size_t(rule)].span : recipe_.default_span, what);
  }
  void refuse(Span span, std::string_view what) {
    any_ = true;
    diagnostics_.report(codes::L5003, span, std::string(what) + " is not available in this version", "cannot be run yet")
        .help("every solver, transform, pruner and rotation is");
  }
  bool any() const { return any_; }

 private:
  const Recipe& recipe_;
  Diagnostics& diagnostics_;
  std::set<int32_t> reported_;
  bool any_ = false;
};

}  // namespace

bool available(const Recipe& recipe, const TypedRecipe& typed, Diagnostics& diagnostics) {
  Refusals refusals(recipe, diagnostics);
  for (const Assignment& assignment : typed.assignments)
    if (assignment.kind == Assignment::Kind::Auto) refusals.refuse_rule(assignment.rule, "`auto`");
  return !refusals.any();
}

}  // namespace lcr
