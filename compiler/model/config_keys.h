#pragma once

#include <set>
#include <string>
#include <vector>

#include "compiler/model/scope.h"

namespace lcr::elaboration {

// The keys of config.json, of the description's own root and of its parts', that neither the texts name nor the list of
// keys without effect holds.
std::vector<std::string> unread_keys(const Scope& scope, const std::set<std::string>& read);

// The dtype that config.json names, at its root or in the text model's part; nothing when it names none.
std::optional<Dtype> dtype_of(const Json& config);

}  // namespace lcr::elaboration
