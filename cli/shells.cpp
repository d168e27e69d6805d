#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/describe.h"

// Completion scripts. They complete words that the tables know and leave files to the shell.
namespace lcr::cli {

namespace {

std::vector<std::string> names_of(const CommandText& command) {
  std::vector<std::string> names;
  for (const OptionText& option : command.options) names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

// Single quotes of the shells.
std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

bool is_folder(const OptionText& option) { return option.value == "DIR"; }

// `case` arms of one command: after an option its values, else its options or files.
std::string bash_arms(const CommandText& command, const std::vector<OptionText>& common) {
  std::string arms;
  const auto arm = [&](const OptionText& option) {
    if (option.value.empty()) return;
    std::string words;
    if (!option.choices.empty())
      words = fmt::format("COMPREPLY=($(compgen -W \"{}\" -- \"$word\"))", fmt::join(option.choices, " "));
    else if (is_folder(option)) words = "COMPREPLY=($(compgen -d -- \"$word\"))";
    else words = "COMPREPLY=($(compgen -f -- \"$word\"))";
    arms += fmt::format("        {}) {}; return ;;\n", fmt::join(option.names, "|"), words);
  };
  for (const OptionText& option : command.options) arm(option);
  for (const OptionText& option : common) arm(option);
  return arms;
}

}  // namespace

std::string bash_completion(const std::vector<CommandText>& commands) {
  const CommandText& common = commands.front();
  std::vector<std::string> words;
  for (size_t i = 1; i < commands.size(); ++i) words.push_back(commands[i].name);
  std::string cases;
  for (size_t i = 1; i < commands.size(); ++i) {
    std::string all = fmt::format("{} {}", fmt::join(names_of(commands[i]), " "), fmt::join(names_of(common), " "));
    std::string choices;
    for (const OptionText& argument : commands[i].arguments)
      if (!argument.choices.empty()) choices = fmt::format(" {}", fmt::join(argument.choices, " "));
    cases += fmt::format(
        "    {})\n      case \"$previous\" in\n{}      esac\n      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "
        "\"{}\" -- \"$word\"))\n      else COMPREPLY=($(compgen -f{} -- \"$word\")); fi ;;\n",
        commands[i].name, bash_arms(commands[i], common.options), all,
        choices.empty() ? "" : fmt::format(" -W \"{}\"", choices.substr(1)));
  }
  return fmt::format(R"(# bash completion of lcr; made by `lcr completion bash`
_lcr() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} command= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${{COMP_WORDS[i]}} != -* && ${{COMP_WORDS[i-1]}} != --color ]]; then command=${{COMP_WORDS[i]}}; break; fi
  done
  case "$command" in
    '')
      case "$previous" in
        --color) COMPREPLY=($(compgen -W "auto always never" -- "$word")); return ;;
      esac
      COMPREPLY=($(compgen -W "{} {}" -- "$word")) ;;
{}  esac
}}
complete -o filenames -F _lcr lcr
)",
                     fmt::join(words, " "), fmt::join(names_of(common), " "), cases);
}

std::string zsh_completion(const std::vector<CommandText>& commands) {
  // Brackets and colons divide the parts of a specification.
  const auto plain = [](std::string text) {
    std::string result;
    for (char c : text)
      result += c == '[' || c == ']' || c == ':' || c == '\\' ? "\\" + std::string(1, c) : std::string(1, c);
    return result;
  };
  const auto specs = [&](const CommandText& command) {
    std::string text;
    for (const OptionText& option : command.options)
      for (const std::string& name : option.names) {
        std::string value;
        if (!option.value.empty()) {
          const std::string action = !option.choices.empty() ? fmt::format("({})", fmt::join(option.choices, " "))
                                     : is_folder(option)     ? "_files -/"
                                                             : "_files";
          value = fmt::format(":{}:{}", plain(option.value), action);
        }
        text += fmt::format("        {} \\\n", single_quoted(fmt::format("{}{}[{}]{}", option.repeated ? "*" : "", name,
                                                                         plain(option.description), value)));
      }
    return text;
  };
  std::string list, cases;
  for (size_t i = 1; i < commands.size(); ++i) {
    list += fmt::format("    {}\n", single_quoted(commands[i].name + ":" + plain(commands[i].description)));
    std::string files = "_files";
    for (const OptionText& argument : commands[i].arguments)
      if (!argument.choices.empty()) files = fmt::format("({})", fmt::join(argument.choices, " "));
    cases += fmt::format("    {})\n      _arguments \\\n{}{}        {} ;;\n", commands[i].name, specs(commands[i]),
                         specs(commands.front()), single_quoted("*:argument:" + files));
  }
  return fmt::format(
      "#compdef lcr\n# zsh completion of lcr; made by `lcr completion zsh`\n_lcr() {{\n  local -a commands=(\n{}  )\n  "
      "if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n  local command=$words[2]\n  "
      "shift words; (( CURRENT-- ))\n  case $command in\n{}  esac\n}}\n_lcr \"$@\"\n",
      list, cases);
}

std::string fish_completion(const std::vector<CommandText>& commands) {
  std::string text = "# fish completion of lcr; made by `lcr completion fish`\n";
  const auto option_line = [&](const std::string& condition, const OptionText& option) {
    text += fmt::format("complete -c lcr{}", condition);
    for (const std::string& name : option.names)
      text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!option.value.empty())
      text += option.choices.empty()
                  ? " -r"
                  : fmt::format(" -x -a {}", single_quoted(fmt::format("{}", fmt::join(option.choices, " "))));
    text += fmt::format(" -d {}\n", single_quoted(option.description));
  };
  for (const OptionText& option : commands.front().options) option_line("", option);
  for (size_t i = 1; i < commands.size(); ++i) {
    text += fmt::format("complete -c lcr -n __fish_use_subcommand -f -a {} -d {}\n", commands[i].name,
                        single_quoted(commands[i].description));
    const std::string condition = fmt::format(" -n '__fish_seen_subcommand_from {}'", commands[i].name);
    for (const OptionText& option : commands[i].options) option_line(condition, option);
    for (const OptionText& argument : commands[i].arguments)
      if (!argument.choices.empty())
        text += fmt::format("complete -c lcr{} -f -a {}\n", condition,
                            single_quoted(fmt::format("{}", fmt::join(argument.choices, " "))));
  }
  return text;
}

}  // namespace lcr::cli
