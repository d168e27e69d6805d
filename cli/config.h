#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/session.h"
#include "compiler/lint/options.h"

namespace lcr::cli {

// What lcr.yaml says; docs/lint.md describes the file.
struct Config {
  std::string path;  // of the file; empty: none was found
  LintOptions rules;
  std::vector<std::pair<std::string, std::vector<std::string>>> per_file;  // glob of paths -> selectors to ignore
  std::vector<std::pair<std::string, std::string>> trees;                  // glob of paths -> snapshot
  std::optional<std::string> format, fail_level;
  std::optional<std::string> baseline;  // path of the file
  // Where a key got its value: "rules.ignore" -> "lcr.yaml:4".
  std::map<std::string, std::string> origins;

  // With what `per-file` adds for one file.
  LintOptions rules_for(const std::string& file) const;
  // The snapshot to check a file against; empty: none.
  std::string tree_for(const std::string& file) const;
};

// Finds and reads the lcr.yaml of files: that of the nearest folder above. What is wrong with one is reported once.
class Configs {
 public:
  explicit Configs(Session& session) : session_(session) {}
  // One file for everything, in place of what would be found.
  void use(const std::string& path) { fixed_ = path; }
  void use_none() { none_ = true; }
  const Config& of(const std::string& file);

 private:
  const Config& load(const std::string& path);

  Session& session_;
  std::string fixed_;
  bool none_ = false;
  Config empty_;
  std::map<std::string, Config> loaded_;          // by path
  std::map<std::string, std::string> of_folder_;  // absolute folder -> path of its lcr.yaml
};

// The effective configuration of a file, each value with the place that it comes from.
std::string config_text(const Config& config, const std::string& file);

extern const std::vector<std::string> check_formats;  // full, concise, json …
extern const std::vector<std::string> fail_levels;    // error, warning, note, never

}  // namespace lcr::cli
