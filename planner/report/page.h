#pragma once

#include <string>
#include <string_view>

#include "planner/report/report.h"

// Parts of the HTML pages of reports and plans.
namespace lcr {

// A whole file without references to others; `body` is markup, the rest text. It follows the reader's light or dark theme.
std::string page(const std::string& title, std::string_view lead, std::string_view body);

// A figure with what it means below.
std::string tile(const std::string& value, std::string_view what);

std::string facts_table(const RunReport& report);
std::string size_section(const RunReport& report);
// Modules over layers by bits, and by error where errors were measured.
std::string map_section(const RunReport& report);
// What every module gets, folded away.
std::string assignment_section(const RunReport& report);
std::string origins_table(const RunReport& report);

}  // namespace lcr
