#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// Strict reading of YAML: what has another type than asked for, or lies out of range, is a diagnostic at its line, and
// a default value is given. yaml-cpp's exceptions end in load().
class YamlReader {
 public:
  YamlReader(const Sources& sources, uint32_t file, Code code, Diagnostics& diagnostics)
      : sources_(sources), file_(file), code_(code), diagnostics_(diagnostics) {}

  // The file's only document; nothing when it is no YAML (reported).
  std::optional<YAML::Node> load();

  void fail(const YAML::Node& node, std::string message, std::string help = {});
  bool failed() const { return failed_; }

  int64_t integer(const YAML::Node& node, std::string_view what, int64_t low, int64_t high);
  double number(const YAML::Node& node, std::string_view what, double low, double high);
  bool boolean(const YAML::Node& node, std::string_view what);
  std::string text(const YAML::Node& node, std::string_view what);
  std::vector<std::string> texts(const YAML::Node& node, std::string_view what);
  // False (reported) when the node is something else, or when the file asks for more entries than any plan has.
  bool is_map(const YAML::Node& node, std::string_view what);
  bool is_list(const YAML::Node& node, std::string_view what);
  // Entries that names stand for by ranges count too.
  bool count(const YAML::Node& node, int64_t entries);

 private:
  Span span_of(const YAML::Mark& mark) const;

  const Sources& sources_;
  uint32_t file_;
  Code code_;
  Diagnostics& diagnostics_;
  bool failed_ = false;
  int64_t entries_ = 0;
};

// Whether a scalar was written in quotes: then it is a text, whatever it looks like.
bool quoted(const YAML::Node& node);

// One map of the file. Ask for every key that may stand in it, then close().
class YamlMap {
 public:
  YamlMap(YamlReader& reader, const YAML::Node& node, std::string_view what);
  // Nothing (reported) when the key is absent.
  std::optional<YAML::Node> required(std::string_view key);
  std::optional<YAML::Node> optional(std::string_view key);
  // Reports the keys that nobody asked for, with the nearest known one.
  void close();

  // Values of required keys; the type's default after a failure.
  int64_t integer(std::string_view key, int64_t low, int64_t high);
  double number(std::string_view key, double low, double high);
  bool boolean(std::string_view key);
  std::string text(std::string_view key);
  std::vector<std::string> texts(std::string_view key);

 private:
  YamlReader& reader_;
  YAML::Node node_;
  std::string what_;
  std::vector<std::pair<std::string, YAML::Node>> entries_;
  std::vector<std::string> asked_;
};

}  // namespace lcr
