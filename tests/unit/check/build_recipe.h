#pragma once

#include <string>

#include "compiler/recipe/recipe.h"

namespace lcr::test {

inline Selection glob(std::string pattern) {
  Selection selection;
  selection.term = GlobTerm{std::move(pattern)};
  return selection;
}

inline Precision int4(int64_t group, bool symmetric = true) {
  Precision precision;
  precision.name = "W4A16";
  precision.weights.emplace();
  precision.weights->bits = 4;
  precision.weights->per = Per::Group;
  precision.weights->group = group;
  precision.weights->symmetric = symmetric;
  return precision;
}

inline Precision fp8_dynamic() {
  Precision precision;
  precision.name = "FP8_DYNAMIC";
  precision.weights.emplace();
  precision.weights->element = Element::Fp8;
  precision.weights->per = Per::Channel;
  precision.input.emplace();
  precision.input->element = Element::Fp8;
  precision.input->per = Per::Token;
  precision.input->dynamic = true;
  return precision;
}

inline Rule keep(std::string pattern, int level = 0, bool overriding = false) {
  Rule rule;
  rule.verb = Rule::Verb::Keep;
  rule.level = level;
  rule.overriding = overriding;
  rule.selection = glob(std::move(pattern));
  return rule;
}

inline Rule quantize(std::string pattern, Precision precision, int level = 0, bool overriding = false) {
  Rule rule = keep(std::move(pattern), level, overriding);
  rule.verb = Rule::Verb::Quantize;
  rule.precision = std::move(precision);
  rule.stack.emplace();
  rule.stack->solver.name = "rtn";
  return rule;
}

}  // namespace lcr::test
