#pragma once

#include <string_view>

namespace lcr {

// The section of docs/diagnostics.md, or the page of the lint rule, that explains a code (Markdown); empty when the
// summary says it all.
std::string_view explanation(std::string_view code);

}  // namespace lcr
