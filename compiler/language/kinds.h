#pragma once

#include <string>
#include <vector>

// The closed lists of words of `type(...)` and `role(...)`.
namespace lcr {

const std::vector<std::string>& weight_kinds();  // linear, embedding, ...
const std::vector<std::string>& point_kinds();   // keys, values, queries
const std::vector<std::string>& role_words();

}  // namespace lcr
