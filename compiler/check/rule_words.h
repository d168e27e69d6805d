#pragma once

#include <string>

#include "compiler/check/typed_recipe.h"

namespace lcr {

// "recipe.lcr:12"; empty for a span without a text.
std::string place_of(const Sources& sources, Span span);
// The text of a span on one line.
std::string one_line(const Sources& sources, Span span);
// "W4A16", "keep", "auto [W4A16, keep]"
std::string precision_words(const Assignment& assignment);
std::string stack_words(const Assignment& assignment);
std::string pruning_words(const Assignment& assignment);
// "12.3 GiB", "4.0 KiB", "17 B"
std::string bytes_words(int64_t bytes);

}  // namespace lcr
