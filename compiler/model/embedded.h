#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/syntax/tree.h"

namespace lcr::elaboration {

// Reads the `{expression}` parts that stand inside of a path: names, whole numbers, + - * / %, parentheses. Every node
// gets the span of the whole path. Nothing when the text is no such expression.
std::optional<syntax::Graph> parse_embedded(std::string_view text, Span span);

// A path cut at its braces: literal, inside, literal, inside … literal. Nothing when braces do not pair.
std::optional<std::vector<std::string>> cut_at_braces(std::string_view path);

}  // namespace lcr::elaboration
