#pragma once

#include <string>

#include "compiler/language/algorithms.h"
#include "compiler/server/matches.h"
#include "compiler/server/symbols.h"
#include "compiler/server/words.h"

// What hover and completion say, as Markdown.
namespace lcr::server {

std::string describe_algorithm(const AlgorithmInfo& algorithm);
std::string describe_observer(const ObserverInfo& observer);
// "above 0% and at most 100%; default 1%"
std::string limits_of(const ParameterInfo& parameter);
std::string describe_parameter(std::string_view owner, const ParameterInfo& parameter);
std::string describe_field(std::string_view block, const FieldDoc& field);
// Its documentation, and the statement that declares it.
std::string describe_symbol(const Symbol& symbol);
// Count, sizes and the first names.
std::string describe_matches(const Analysis& analysis, const Matches& matches);

}  // namespace lcr::server
