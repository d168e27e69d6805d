#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lcr {

// Rewrites a pattern of the Oniguruma dialect for PCRE2 with UTF and UCP: `\s`, `\w`, `\b` and scripts with Unicode's
// own sets, `\h` as hexadecimal digit, `\uHHHH`, `{1,3}+` as a repetition, classes in classes and intersections
// `[a&&[^b]]`. Empty with the reason in `problem` for what cannot be said.
std::optional<std::string> translate_pattern(std::string_view pattern, std::string& problem);

}  // namespace lcr
