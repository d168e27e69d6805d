#include "cli/baseline.h"

#include <filesystem>
#include <optional>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/codes/driver.h"
#include "planner/machine/yaml_read.h"

namespace lcr::cli {

namespace {

namespace fs = std::filesystem;
using Key = std::tuple<std::string, std::string, std::string>;

constexpr std::string_view kHead =
    "# Findings that `lcr check --baseline` leaves out. Written by `lcr check --write-baseline`.\n";

std::string seen_from(const std::string& baseline, const std::string& file) {
  std::error_code error;
  const fs::path folder = fs::absolute(baseline, error).lexically_normal().parent_path();
  return fs::absolute(file, error).lexically_normal().lexically_relative(folder).generic_string();
}

std::optional<Key> key_of(const Finding& finding, const std::string& path) {
  const CodeInfo& code = info(finding.diagnostic->code);
  const Span span = finding.diagnostic->span();
  if (code.severity == Severity::Error || span.file == 0) return std::nullopt;
  const SourceFile& file = finding.sources->file(span);
  std::string_view line = file.line(file.position(span.begin).line);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.remove_suffix(1);
  return Key{seen_from(path, file.name()), code.id, line};
}

// JSON's quotes are YAML's; a text that is no UTF-8 is replaced as the other outputs do.
std::string quoted_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Baseline make_baseline(const std::vector<Finding>& findings, const std::string& path) {
  Baseline baseline;
  for (const Finding& finding : findings)
    if (const auto key = key_of(finding, path)) ++baseline.counts[*key];
  return baseline;
}

std::string baseline_text(const Baseline& baseline) {
  std::string text = fmt::format("{}baseline: 1\nfindings:{}\n", kHead, baseline.counts.empty() ? " {}" : "");
  const std::string* before = nullptr;
  for (const auto& [key, count] : baseline.counts) {
    const auto& [file, code, line] = key;
    if (before == nullptr || *before != file) text += fmt::format("  {}:\n", quoted_text(file));
    before = &file;
    text += fmt::format("    - {{code: {}, line: {}{}}}\n", code, quoted_text(line),
                        count == 1 ? "" : fmt::format(", count: {}", count));
  }
  return text;
}

Baseline read_baseline(Session& session, const std::string& path) {
  Baseline baseline;
  const uint32_t file = session.read(path);
  if (file == 0) return baseline;
  YamlReader reader(session.sources, file, codes::L0008, session.diagnostics);
  const std::optional<YAML::Node> root = reader.load();
  if (!root) return baseline;
  YamlMap map(reader, *root, "the baseline");
  map.integer("baseline", 1, 1);
  const std::optional<YAML::Node> findings = map.required("findings");
  map.close();
  if (!findings || !reader.is_map(*findings, "findings")) return baseline;
  for (const auto& entry : *findings) {
    const std::string name = reader.text(entry.first, "a file");
    if (!reader.is_list(entry.second, name)) continue;
    for (const YAML::Node& item : entry.second) {
      YamlMap finding(reader, item, "a finding");
      const std::string code = finding.text("code"), line = finding.text("line");
      const std::optional<YAML::Node> count = finding.optional("count");
      baseline.counts[{name, code, line}] += count ? reader.integer(*count, "count", 1, 1'000'000) : 1;
      finding.close();
    }
  }
  return reader.failed() ? Baseline() : baseline;
}

int64_t leave_out(const Baseline& baseline, const std::string& path, const std::vector<std::string>& files,
                  std::vector<Finding>& findings) {
  auto left = baseline.counts;
  std::erase_if(findings, [&](const Finding& finding) {
    const auto key = key_of(finding, path);
    const auto known = key ? left.find(*key) : left.end();
    return known != left.end() && known->second-- > 0;
  });
  std::set<std::string> checked;
  for (const std::string& file : files) checked.insert(seen_from(path, file));
  int64_t gone = 0;
  for (const auto& [key, count] : left)
    if (count > 0 && checked.contains(std::get<0>(key))) gone += count;
  return gone;
}

}  // namespace lcr::cli
