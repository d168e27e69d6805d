#include "cli/config.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include "compiler/diagnostics/codes/driver.h"
#include "planner/machine/yaml_read.h"

namespace lcr::cli {

namespace fs = std::filesystem;

const std::vector<std::string> check_formats = {"full", "concise", "json", "jsonl", "sarif", "github", "junit"};
const std::vector<std::string> fail_levels = {"error", "warning", "note", "never"};

namespace {

constexpr int most_extends = 8;

// Whether a glob of the file names a path, relative to the folder of the file; `*` crosses folders.
bool covers(const Config& config, const std::string& glob, const std::string& file) {
  std::error_code error;
  const fs::path folder = fs::absolute(config.path, error).parent_path();
  const std::string relative = fs::absolute(file, error).lexically_normal().lexically_relative(folder).generic_string();
  return fnmatch(glob.c_str(), relative.c_str(), 0) == 0;
}

class FileReader {
 public:
  FileReader(Session& session, uint32_t file, Config& config)
      : session_(session),
        reader_(session.sources, file, codes::L0007, session.diagnostics),
        file_(file),
        config_(config) {}

  // Reads on top of what is there: `extend` comes first.
  void read(int depth) {
    std::optional<YAML::Node> root = reader_.load();
    if (!root || root->IsNull()) return;
    YamlMap map(reader_, *root, "lcr.yaml");
    if (const auto extend = map.optional("extend")) read_extended(*extend, depth);
    if (const auto language = map.optional("language")) reader_.integer(*language, "language", 1, 1);
    if (const auto rules = map.optional("rules")) read_rules(*rules);
    if (const auto per_file = map.optional("per-file")) read_per_file(*per_file);
    if (const auto trees = map.optional("trees")) read_trees(*trees);
    if (const auto format = map.optional("format")) config_.format = word(*format, "format", check_formats);
    if (const auto level = map.optional("fail-level")) config_.fail_level = word(*level, "fail-level", fail_levels);
    if (const auto baseline = map.optional("baseline")) {
      config_.baseline = (folder() / reader_.text(*baseline, "baseline")).string();
      origin(*baseline, "baseline");
    }
    map.close();
  }

 private:
  void origin(const YAML::Node& node, const std::string& key) {
    config_.origins[key] = fmt::format("{}:{}", session_.sources.file(Span{file_, 0, 0}).name(), node.Mark().line + 1);
  }

  // That paths in the file are relative to.
  fs::path folder() const { return fs::path(session_.sources.file(Span{file_, 0, 0}).name()).parent_path(); }

  std::string word(const YAML::Node& node, const std::string& key, const std::vector<std::string>& words) {
    const std::string text = reader_.text(node, key);
    if (std::find(words.begin(), words.end(), text) != words.end()) {
      origin(node, key);
      return text;
    }
    reader_.fail(node, fmt::format("`{}` is no `{}`", text, key), fmt::format("possible: {}", fmt::join(words, ", ")));
    return words.front();
  }

  std::vector<std::string> selector_list(const YAML::Node& node, const std::string& key) {
    std::vector<std::string> list;
    if (!reader_.is_list(node, key)) return list;
    for (const YAML::Node& item : node) list.push_back(selector(item, key));
    return list;
  }

  std::string selector(const YAML::Node& node, const std::string& key) {
    const std::string text = reader_.text(node, key);
    if (is_selector(text)) return text;
    const std::string near = nearest(text, selectors());
    reader_.fail(node, fmt::format("`{}` names no rule", text),
                 near.empty() ? "a code (L9101), the beginning of codes (L91), a name, or `all`"
                              : fmt::format("did you mean `{}`?", near));
    return text;
  }

  void read_rules(const YAML::Node& node) {
    YamlMap map(reader_, node, "rules");
    if (const auto select = map.optional("select")) {
      config_.rules.select = selector_list(*select, "select");
      origin(*select, "rules.select");
    }
    if (const auto ignore = map.optional("ignore")) {
      config_.rules.ignore = selector_list(*ignore, "ignore");
      origin(*ignore, "rules.ignore");
    }
    if (const auto preview = map.optional("preview")) {
      config_.rules.preview = reader_.boolean(*preview, "preview");
      origin(*preview, "rules.preview");
    }
    const auto severity = map.optional("severity");
    map.close();
    if (!severity || !reader_.is_map(*severity, "severity")) return;
    for (const auto& entry : *severity) {
      const std::string level = reader_.text(entry.second, "severity");
      const std::string code = selector(entry.first, "severity");
      const Severity value = level == "error"     ? Severity::Error
                             : level == "warning" ? Severity::Warning
                                                  : Severity::Note;
      if (value == Severity::Note && level != "note")
        reader_.fail(entry.second, fmt::format("`{}` is no severity", level), "possible: error, warning, note");
      config_.rules.severity.emplace_back(code, value);
    }
    origin(*severity, "rules.severity");
  }

  void read_per_file(const YAML::Node& node) {
    if (!reader_.is_map(node, "per-file")) return;
    for (const auto& entry : node)
      config_.per_file.emplace_back(reader_.text(entry.first, "per-file"), selector_list(entry.second, "per-file"));
    origin(node, "per-file");
  }

  void read_trees(const YAML::Node& node) {
    if (!reader_.is_map(node, "trees")) return;
    for (const auto& entry : node)
      config_.trees.emplace_back(reader_.text(entry.first, "trees"),
                                 (folder() / reader_.text(entry.second, "trees")).string());
    origin(node, "trees");
  }

  void read_extended(const YAML::Node& node, int depth) {
    const std::string path = (folder() / reader_.text(node, "extend")).string();
    if (depth >= most_extends)
      return reader_.fail(node, fmt::format("more than {} files extend each other", most_extends));
    std::error_code error;
    if (!fs::is_regular_file(path, error))
      return reader_.fail(node, fmt::format("there is no `{}`", path),
                          "the path is relative to the file in which it stands");
    const uint32_t file = session_.read(path);
    if (file != 0) FileReader(session_, file, config_).read(depth + 1);
  }

  Session& session_;
  YamlReader reader_;
  uint32_t file_;
  Config& config_;
};

std::string_view level_name(Severity severity) {
  return severity == Severity::Error ? "error" : severity == Severity::Warning ? "warning" : "note";
}

}  // namespace

LintOptions Config::rules_for(const std::string& file) const {
  LintOptions result = rules;
  for (const auto& [glob, ignored] : per_file)
    if (covers(*this, glob, file)) result.ignore.insert(result.ignore.end(), ignored.begin(), ignored.end());
  return result;
}

std::string Config::tree_for(const std::string& file) const {
  for (const auto& [glob, tree] : trees)
    if (covers(*this, glob, file)) return tree;
  return {};
}

const Config& Configs::of(const std::string& file) {
  if (none_) return empty_;
  if (!fixed_.empty()) return load(fixed_);
  std::error_code error;
  const fs::path folder = fs::absolute(file == "-" ? "stdin" : file, error).lexically_normal().parent_path();
  const auto [known, fresh] = of_folder_.try_emplace(folder.string());
  if (fresh) {
    for (fs::path at = folder;; at = at.parent_path()) {
      if (fs::is_regular_file(at / "lcr.yaml", error)) {
        // Named as people would, from where they are.
        const fs::path near = (at / "lcr.yaml").lexically_relative(fs::current_path(error));
        known->second = near.empty() ? (at / "lcr.yaml").string() : near.string();
        break;
      }
      if (at == at.parent_path()) break;
    }
  }
  return known->second.empty() ? empty_ : load(known->second);
}

const Config& Configs::load(const std::string& path) {
  const auto [place, fresh] = loaded_.try_emplace(path);
  if (!fresh) return place->second;
  place->second.path = path;
  const uint32_t file = session_.read(path);
  if (file != 0) FileReader(session_, file, place->second).read(0);
  return place->second;
}

std::string config_text(const Config& config, const std::string& file) {
  const LintOptions rules = config.rules_for(file);
  const auto line = [&](const std::string& key, const std::string& value) {
    const auto from = config.origins.find(key);
    return fmt::format("{:16} {:40} # {}\n", key + ":", value, from == config.origins.end() ? "default" : from->second);
  };
  std::string text =
      fmt::format("# {}: {}\n", file, config.path.empty() ? "no lcr.yaml in this folder or above" : config.path);
  text += line("rules.select",
               rules.select.empty() ? "every stable rule" : fmt::format("[{}]", fmt::join(rules.select, ", ")));
  text += line("rules.ignore", fmt::format("[{}]", fmt::join(config.rules.ignore, ", ")));
  text += line("rules.preview", rules.preview ? "true" : "false");
  std::string severities;
  for (const auto& [selector, severity] : rules.severity)
    severities += fmt::format("{}{}: {}", severities.empty() ? "" : ", ", selector, level_name(severity));
  text += line("rules.severity", "{" + severities + "}");
  std::vector<std::string> added(rules.ignore.begin() + static_cast<std::ptrdiff_t>(config.rules.ignore.size()),
                                 rules.ignore.end());
  text += line("per-file", fmt::format("[{}]", fmt::join(added, ", ")));
  const std::string tree = config.tree_for(file);
  text += line("trees", tree.empty() ? "none" : tree);
  text += line("format", config.format.value_or("full"));
  text += line("fail-level", config.fail_level.value_or("error"));
  text += line("baseline", config.baseline.value_or("none"));
  return text;
}

}  // namespace lcr::cli
