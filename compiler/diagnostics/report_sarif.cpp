#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "compiler/diagnostics/finding_json.h"
#include "compiler/diagnostics/render.h"
#include "compiler/diagnostics/report.h"

// SARIF 2.1.0, OASIS 2020. Limits: "SARIF support for code scanning", GitHub Docs.
namespace lcr {
namespace {

using nlohmann::ordered_json;

constexpr size_t most_results = 5000;
constexpr size_t most_locations = 100;
constexpr size_t longest_description = 1024;

// Cut at a character, not within one.
std::string cut(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  size_t end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string_view level_of(Severity severity) { return severity_name(severity); }

// Percent-encoding of RFC 3986; relative to the working folder where the file lies below it.
std::string uri_of(const std::string& name) {
  namespace fs = std::filesystem;
  fs::path path = fs::path(name).lexically_normal();
  std::string prefix;
  if (path.is_absolute()) {
    std::error_code error;
    const fs::path relative = path.lexically_relative(fs::current_path(error));
    if (!error && !relative.empty() && *relative.begin() != "..") path = relative;
    else prefix = "file://";
  }
  std::string uri = prefix;
  for (char c : path.generic_string()) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos) uri += c;
    else uri += fmt::format("%{:02X}", byte);
  }
  return uri;
}

bool is_embedded(const std::string& name) { return name.starts_with("std/"); }

ordered_json location(const Sources& sources, Span span, std::string_view message = {}) {
  const SourceFile& file = sources.file(span);
  const Position begin = file.position(span.begin), end = file.position(span.end);
  ordered_json result = {{"physicalLocation",
                          {{"artifactLocation", {{"uri", uri_of(file.name())}}},
                           {"region",
                            {{"startLine", begin.line},
                             {"startColumn", begin.column},
                             {"endLine", end.line},
                             {"endColumn", end.column}}}}}};
  if (!message.empty()) result["message"] = {{"text", message}};
  return result;
}

// Where the finding is shown: a text of the user's before one that is built in.
Span place_of(const Finding& finding) {
  Span place = finding.diagnostic->span();
  if (place.file != 0 && !is_embedded(finding.sources->file(place).name())) return place;
  for (const Label& label : finding.diagnostic->labels)
    if (label.span.file != 0 && !is_embedded(finding.sources->file(label.span).name())) return label.span;
  return place;
}

ordered_json rule_json(const CodeInfo& code, const Report& report) {
  const std::string_view text = report.explanation == nullptr ? std::string_view() : report.explanation(code.id);
  ordered_json rule = {{"id", code.id},
                       {"name", code.name},
                       {"shortDescription", {{"text", cut(code.summary, longest_description)}}},
                       {"fullDescription", {{"text", cut(text.empty() ? code.summary : text, longest_description)}}}};
  const std::string help(text.empty() ? code.summary : text);
  rule["help"] = {{"text", help}, {"markdown", help}};
  rule["defaultConfiguration"] = {{"level", level_of(code.severity)}};
  rule["properties"] = {{"tags", {"quantization", std::string(code.id.substr(0, 2))}},
                        {"precision", "very-high"},
                        {"problem.severity", code.severity == Severity::Error     ? "error"
                                             : code.severity == Severity::Warning ? "warning"
                                                                                  : "recommendation"}};
  return rule;
}

std::string message_of(const Diagnostic& diagnostic) {
  std::string text = diagnostic.message;
  for (const std::string& note : diagnostic.notes) text += "\n" + note;
  for (const std::string& help : diagnostic.helps) text += "\nhelp: " + help;
  return text;
}

ordered_json fix_json(const Sources& sources, const Fix& fix) {
  std::map<uint32_t, ordered_json> by_file;
  for (const Edit& edit : fix.edits) {
    const SourceFile& file = sources.file(edit.span);
    const Position begin = file.position(edit.span.begin), end = file.position(edit.span.end);
    by_file.try_emplace(edit.span.file, ordered_json::array())
        .first->second.push_back({{"deletedRegion",
                                   {{"startLine", begin.line},
                                    {"startColumn", begin.column},
                                    {"endLine", end.line},
                                    {"endColumn", end.column}}},
                                  {"insertedContent", {{"text", edit.replacement}}}});
  }
  ordered_json changes = ordered_json::array();
  for (const auto& [file, replacements] : by_file)
    changes.push_back({{"artifactLocation", {{"uri", uri_of(sources.file(Span{file, 0, 0}).name())}}},
                       {"replacements", replacements}});
  return {{"description", {{"text", fix.title}}}, {"artifactChanges", changes}};
}

ordered_json result_json(const Report& report, const Finding& finding, const std::string& fingerprint, size_t rule) {
  const Diagnostic& diagnostic = *finding.diagnostic;
  ordered_json result = {{"ruleId", info(diagnostic.code).id},
                         {"ruleIndex", rule},
                         {"level", level_of(diagnostic.severity)},
                         {"message", {{"text", message_of(diagnostic)}}}};
  const Span place = place_of(finding);
  ordered_json locations = ordered_json::array();
  if (place.file != 0) locations.push_back(location(*finding.sources, place));
  // A place is required: what has none is said of the first file.
  else if (!report.files.empty())
    locations.push_back({{"physicalLocation",
                          {{"artifactLocation", {{"uri", uri_of(report.files.front())}}},
                           {"region", {{"startLine", 1}, {"startColumn", 1}, {"endLine", 1}, {"endColumn", 1}}}}}});
  result["locations"] = std::move(locations);
  ordered_json related = ordered_json::array();
  for (const Label& label : diagnostic.labels) {
    if (label.primary || label.span.file == 0 || related.size() >= most_locations) continue;
    ordered_json one = location(*finding.sources, label.span, label.text.empty() ? "see also" : label.text);
    one["id"] = related.size();
    related.push_back(std::move(one));
  }
  if (!related.empty()) result["relatedLocations"] = std::move(related);
  result["partialFingerprints"] = {{"primaryLocationLineHash", fingerprint}};
  ordered_json fixes = ordered_json::array();
  for (const Fix& fix : diagnostic.fixes)
    if (fix.applicability != Applicability::Display && !fix.edits.empty())
      fixes.push_back(fix_json(*finding.sources, fix));
  if (!fixes.empty()) result["fixes"] = std::move(fixes);
  return result;
}

}  // namespace

std::string report_sarif(const Report& report) {
  std::vector<size_t> order(report.findings.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const bool all = order.size() <= most_results;
  if (!all) {
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return report.findings[a].diagnostic->severity < report.findings[b].diagnostic->severity;
    });
    order.resize(most_results);
  }
  const std::vector<std::string> prints = fingerprints(report.findings);
  ordered_json rules = ordered_json::array(), results = ordered_json::array();
  std::map<Code, size_t> known;
  for (size_t i : order) {
    const Code code = report.findings[i].diagnostic->code;
    const auto [place, fresh] = known.try_emplace(code, rules.size());
    if (fresh) rules.push_back(rule_json(info(code), report));
    results.push_back(result_json(report, report.findings[i], prints[i], place->second));
  }
  ordered_json invocation = {{"executionSuccessful", true}};
  if (!all)
    invocation["toolExecutionNotifications"] =
        ordered_json::array({{{"level", "warning"},
                              {"message",
                               {{"text", fmt::format("{} findings; the {} most severe ones are listed",
                                                     report.findings.size(), most_results)}}}}});
  ordered_json driver = {{"name", "lcr"}, {"semanticVersion", report.version}, {"rules", rules}};
  ordered_json run = {{"tool", {{"driver", driver}}},
                      {"invocations", ordered_json::array({invocation})},
                      {"columnKind", "unicodeCodePoints"},
                      {"automationDetails", {{"id", "lcr/check"}}},
                      {"results", results}};
  const ordered_json log = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                            {"version", "2.1.0"},
                            {"runs", ordered_json::array({run})}};
  return json_text(log, 2) + "\n";
}

}  // namespace lcr
