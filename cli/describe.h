#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace lcr::cli {

// The command line as data, read from the tables that parse it: what completions and the manual are made from.
struct OptionText {
  std::vector<std::string> names;    // "-q", "--quiet"; empty: an argument by position
  std::string value;                 // "FILE"; empty: a flag
  std::vector<std::string> choices;  // possible values, where they are few
  std::string description;
  bool required = false;
  bool repeated = false;
};

struct CommandText {
  std::string name, description;
  std::vector<OptionText> options, arguments;
};

// The program itself first (its common options), then its commands; hidden ones are left out.
std::vector<CommandText> describe(CLI::App& app);

// Scripts that complete commands, options and their values.
std::string bash_completion(const std::vector<CommandText>& commands);
std::string zsh_completion(const std::vector<CommandText>& commands);
std::string fish_completion(const std::vector<CommandText>& commands);
// lcr(1), in the macros of man(7).
std::string manual_page(const std::vector<CommandText>& commands, const std::string& version);

}  // namespace lcr::cli
