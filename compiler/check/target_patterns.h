#pragma once

#include <string>
#include <vector>

#include "compiler/check/name_shapes.h"

namespace lcr {

// Expressions for the patterns of one label: parts of one parent become one expression, experts lose the names of
// their parts where the label does not depend on them, prefixes are cut to `.*` as far as no pattern of another label
// could match. Each is `re:` and ends in `$`.
std::vector<std::string> expressions(const std::vector<NamePattern>& all, int32_t label);

}  // namespace lcr
