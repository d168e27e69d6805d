#include "compiler/import/reference.h"

#include <algorithm>

namespace lcr::foreign {

std::vector<const Scheme*> reference_schemes(const Program& program, const TargetMatcher& model) {
  std::vector<const Scheme*> result(model.graph().modules.size());
  for (const QuantizePass& pass : program.quantize) {
    std::vector<Claim> claims = pass.claims;
    std::stable_sort(claims.begin(), claims.end(),
                     [](const Claim& a, const Claim& b) { return asked_before(a.target, b.target); });
    std::vector<bool> taken(result.size());
    for (const Target& target : pass.ignore) {
      const std::vector<bool> found = model.match_any_kind(target);
      for (size_t m = 0; m < taken.size(); ++m) taken[m] = taken[m] || found[m];
    }
    for (const Claim& claim : claims) {
      const std::vector<bool> found = model.match(claim.target);
      for (size_t m = 0; m < taken.size(); ++m) {
        if (!found[m] || taken[m]) continue;
        taken[m] = true;
        result[m] = pass.schemes[claim.scheme].quantizes() ? &pass.schemes[claim.scheme] : nullptr;
      }
    }
  }
  return result;
}

std::vector<bool> reference_pruned(const Program& program, const TargetMatcher& model) {
  std::vector<bool> result(model.graph().modules.size());
  Target linear;
  linear.kind = Target::Kind::Linear;
  for (const PrunePass& pass : program.prune) {
    std::vector<bool> found(result.size());
    for (const Target& target : pass.targets.empty() ? std::vector<Target>{linear} : pass.targets) {
      const std::vector<bool> one = model.match(target);
      for (size_t m = 0; m < found.size(); ++m) found[m] = found[m] || one[m];
    }
    for (const Target& target : pass.ignore) {
      const std::vector<bool> one = model.match_any_kind(target);
      for (size_t m = 0; m < found.size(); ++m) found[m] = found[m] && !one[m];
    }
    for (size_t m = 0; m < found.size(); ++m) {
      const bool expert = has(model.graph().modules[m].roles, Role::Expert);
      result[m] = result[m] || (found[m] && (!pass.experts || expert));
    }
  }
  return result;
}

}  // namespace lcr::foreign
