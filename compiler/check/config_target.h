#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "compiler/select/regex.h"

namespace lcr {

// A target of a compressed-tensors configuration: a module's name, `re:` with an expression, or the name of a class.
struct ConfigTarget {
  explicit ConfigTarget(std::string text);

  // False for an expression that is none.
  bool readable() const { return rank != 1 || expression->problem().empty(); }
  bool matches(std::string_view module, std::string_view class_name) const;

  int rank = 0;  // 0 name, 1 expression, 2 class: the better ones first
  std::string text;
  std::shared_ptr<NameRegex> expression;
};

}  // namespace lcr
