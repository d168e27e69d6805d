#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"

// Findings of many files as one document for other programs.
namespace lcr {

// One finding with the texts that its spans are of.
struct Finding {
  const Sources* sources = nullptr;
  const Diagnostic* diagnostic = nullptr;
};

// All of a collection in their order.
void add_findings(std::vector<Finding>& findings, const Sources& sources, const Diagnostics& diagnostics);

struct Report {
  std::vector<Finding> findings;
  std::vector<std::string> files;  // that were checked, as named by the caller
  std::string version;             // of the program
  // The explanation of a code, Markdown; may be null.
  std::string_view (*explanation)(std::string_view id) = nullptr;
};

// What stays the same when lines move: a hash of code, file and the text of the line, then which of the equal ones it
// is.
std::vector<std::string> fingerprints(const std::vector<Finding>& findings);

// An array of objects, see render_json().
std::string report_json(const Report& report);
// One object a line: `version`, then `diagnostic`s, then `summary`; readers skip types that they do not know.
std::string report_jsonl(const Report& report);
// SARIF 2.1.0 within the limits of code scanning: 5000 results, the most severe ones; 1024 characters a description.
std::string report_sarif(const Report& report);
// Workflow commands of GitHub Actions. Ten a level are shown by it; further findings are plain lines of the log.
std::string report_github(const Report& report);
// JUnit XML: a suite for each file, a failing case for each error or warning.
std::string report_junit(const Report& report);

}  // namespace lcr
