#pragma once

#include <optional>
#include <string_view>

#include "compiler/model/term.h"

namespace lcr::elaboration {

// `+ - * / %` of numbers, and `+` of lists. Integers and their quotients stay exact. Nothing when the operator has no
// meaning for the two, or an integer would overflow.
std::optional<Term> calculate(std::string_view operation, const Term& a, const Term& b);

// `== != < <= > >= in`. Nothing when the two cannot be compared so.
std::optional<bool> compare(std::string_view comparator, const Term& a, const Term& b);

}  // namespace lcr::elaboration
