#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/diagnostics/render.h"
#include "compiler/diagnostics/report.h"

namespace lcr {
namespace {

// "Workflow commands for GitHub Actions": `%`, line ends, and within properties `:` and `,`.
std::string escaped(std::string_view text, bool property) {
  std::string result;
  for (char c : text) {
    if (c == '%') result += "%25";
    else if (c == '\r') result += "%0D";
    else if (c == '\n') result += "%0A";
    else if (property && c == ':') result += "%3A";
    else if (property && c == ',') result += "%2C";
    else result += c;
  }
  return result;
}

std::string annotation(const Finding& finding) {
  const Diagnostic& diagnostic = *finding.diagnostic;
  const CodeInfo& code = info(diagnostic.code);
  std::string place;
  if (const Span span = diagnostic.span(); span.file != 0) {
    const SourceFile& file = finding.sources->file(span);
    const Position begin = file.position(span.begin), end = file.position(span.end);
    place = fmt::format("file={},line={},endLine={},", escaped(file.name(), true), begin.line, end.line);
    // Columns are read only when the span is on one line.
    if (begin.line == end.line) place += fmt::format("col={},endColumn={},", begin.column, end.column);
  }
  std::string text = diagnostic.message;
  for (const std::string& note : diagnostic.notes) text += "\n" + note;
  for (const std::string& help : diagnostic.helps) text += "\nhelp: " + help;
  const std::string_view command =
      diagnostic.severity == Severity::Note ? "notice" : severity_name(diagnostic.severity);
  return fmt::format("::{} {}title={}::{}\n", command, place, escaped(fmt::format("{} {}", code.id, code.name), true),
                     escaped(text, false));
}

// Characters that XML 1.0 cannot hold become spaces.
std::string xml(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '&') result += "&amp;";
    else if (c == '<') result += "&lt;";
    else if (c == '>') result += "&gt;";
    else if (c == '"') result += "&quot;";
    else if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') result += ' ';
    else result += c;
  }
  return result;
}

struct Suite {
  std::string cases;
  size_t tests = 0, failures = 0;
};

void add_case(Suite& suite, const Finding& finding) {
  const Diagnostic& diagnostic = *finding.diagnostic;
  const CodeInfo& code = info(diagnostic.code);
  const std::string text = xml(render_full(*finding.sources, diagnostic));
  ++suite.tests;
  std::string line;
  if (const Span span = diagnostic.span(); span.file != 0)
    line = fmt::format(" line=\"{}\"", finding.sources->file(span).position(span.begin).line);
  suite.cases += fmt::format("    <testcase name=\"{} {}\" classname=\"lcr\"{}>\n", code.id, code.name, line);
  if (diagnostic.severity == Severity::Note) {
    suite.cases += fmt::format("      <system-out>{}</system-out>\n", text);
  } else {
    ++suite.failures;
    suite.cases += fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                               severity_name(diagnostic.severity), xml(diagnostic.message), text);
  }
  suite.cases += "    </testcase>\n";
}

}  // namespace

std::string report_github(const Report& report) {
  constexpr int shown = 10;
  std::map<Severity, int> counts;
  std::string text;
  for (const Finding& finding : report.findings) {
    const bool annotated = ++counts[finding.diagnostic->severity] <= shown;
    text += annotated ? annotation(finding) : render_concise(*finding.sources, *finding.diagnostic);
  }
  return text;
}

std::string report_junit(const Report& report) {
  std::map<std::string, Suite> by_file;
  std::vector<std::string> order = report.files;
  for (const Finding& finding : report.findings) {
    const std::string& name = finding.sources->file(finding.diagnostic->span()).name();
    const auto [place, fresh] = by_file.try_emplace(name);
    add_case(place->second, finding);
    if (fresh && std::find(order.begin(), order.end(), name) == order.end()) order.push_back(name);
  }
  std::string suites;
  size_t tests = 0, failures = 0;
  for (const std::string& name : order) {
    Suite& suite = by_file[name];
    if (suite.tests == 0) {
      suite.tests = 1;
      suite.cases = "    <testcase name=\"no findings\" classname=\"lcr\"/>\n";
    }
    tests += suite.tests;
    failures += suite.failures;
    suites += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n{}  </testsuite>\n",
                          xml(name.empty() ? "lcr" : name), suite.tests, suite.failures, suite.cases);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lcr check\" tests=\"{}\" failures=\"{}\" "
      "errors=\"0\">\n{}</testsuites>\n",
      tests, failures, suites);
}

}  // namespace lcr
