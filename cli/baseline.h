#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "cli/session.h"
#include "compiler/diagnostics/report.h"

namespace lcr::cli {

// Findings that are known and stay for now; docs/lint.md describes the file. A finding is known by its code, its file
// and the text of its line, so that it is still known when lines above it change.
struct Baseline {
  // File relative to that of the baseline, code, text of the line -> how many.
  std::map<std::tuple<std::string, std::string, std::string>, int64_t> counts;
};

// Warnings and notes that have a place; errors are never known.
Baseline make_baseline(const std::vector<Finding>& findings, const std::string& path);
std::string baseline_text(const Baseline& baseline);
// Reports L0008; empty then.
Baseline read_baseline(Session& session, const std::string& path);

// Takes known findings away. Gives how many entries of the files checked were not found any more.
int64_t leave_out(const Baseline& baseline, const std::string& path, const std::vector<std::string>& files,
                  std::vector<Finding>& findings);

}  // namespace lcr::cli
