#include "compiler/diagnostics/report.h"

#include <map>

#include <fmt/format.h>
#include <xxhash.h>

#include "compiler/diagnostics/finding_json.h"
#include "compiler/diagnostics/render.h"

namespace lcr {
namespace {

using nlohmann::ordered_json;

std::string_view trimmed(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t\r");
  return begin == std::string_view::npos ? std::string_view()
                                         : line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

uint64_t hash_of(const Finding& finding) {
  const Span span = finding.diagnostic->span();
  const SourceFile& file = finding.sources->file(span);
  std::string text = fmt::format("{}\n{}\n", info(finding.diagnostic->code).id, file.name());
  if (span.file != 0) text += trimmed(file.line(file.position(span.begin).line));
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace

void add_findings(std::vector<Finding>& findings, const Sources& sources, const Diagnostics& diagnostics) {
  for (const Diagnostic* diagnostic : diagnostics.sorted()) findings.push_back({&sources, diagnostic});
}

std::vector<std::string> fingerprints(const std::vector<Finding>& findings) {
  std::vector<std::string> result;
  std::map<uint64_t, int> seen;
  for (const Finding& finding : findings) {
    const uint64_t hash = hash_of(finding);
    result.push_back(fmt::format("{:016x}:{}", hash, ++seen[hash]));
  }
  return result;
}

std::string report_json(const Report& report) {
  ordered_json result = ordered_json::array();
  for (const Finding& finding : report.findings) result.push_back(finding_json(*finding.sources, *finding.diagnostic));
  return json_text(result, 2) + "\n";
}

std::string report_jsonl(const Report& report) {
  std::string text =
      json_text({{"type", "version"}, {"format", "lcr-diagnostics/1.0"}, {"lcr", report.version}}, -1) + "\n";
  std::map<Severity, int> counts;
  const std::vector<std::string> prints = fingerprints(report.findings);
  for (size_t i = 0; i < report.findings.size(); ++i) {
    const Finding& finding = report.findings[i];
    ++counts[finding.diagnostic->severity];
    ordered_json line = {{"type", "diagnostic"}};
    line.update(finding_json(*finding.sources, *finding.diagnostic));
    line["fingerprint"] = prints[i];
    text += json_text(line, -1) + "\n";
  }
  return text + json_text({{"type", "summary"},
                           {"files", report.files.size()},
                           {"errors", counts[Severity::Error]},
                           {"warnings", counts[Severity::Warning]},
                           {"notes", counts[Severity::Note]}},
                          -1) +
         "\n";
}

}  // namespace lcr
