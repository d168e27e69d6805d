#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/describe.h"

namespace lcr::cli {

namespace {

// Backslashes and dashes of roff, and lines that would read as requests.
std::string roff(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '\\') result += "\\e";
    else if (c == '-') result += "\\-";
    else result += c;
  }
  return result.starts_with('.') || result.starts_with('\'') ? "\\&" + result : result;
}

std::string option_entry(const OptionText& option) {
  std::string names;
  for (const std::string& name : option.names)
    names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff(name));
  std::string value = option.value.empty() ? "" : fmt::format(" \\fI{}\\fR", roff(option.value));
  std::string text = option.description;
  if (!option.choices.empty()) text += fmt::format("{}{}", text.empty() ? "" : ": ", fmt::join(option.choices, ", "));
  if (option.required) text += " (required)";
  if (option.repeated && !option.names.empty()) text += "; may be given several times";
  return fmt::format(".TP\n{}{}\n{}\n", names, value, roff(text));
}

std::string synopsis(const CommandText& command) {
  std::string text = fmt::format(".B lcr {}\n[\\fIOPTIONS\\fR]", roff(command.name));
  for (const OptionText& argument : command.arguments) {
    const std::string name = fmt::format("\\fI{}\\fR{}", roff(argument.value), argument.repeated ? "..." : "");
    text += argument.required ? " " + name : " [" + name + "]";
  }
  return text + "\n";
}

}  // namespace

std::string manual_page(const std::vector<CommandText>& commands, const std::string& version) {
  std::string text =
      fmt::format(".TH LCR 1 \"\" \"lcr {}\" \"User Commands\"\n.SH NAME\nlcr \\- {}\n.SH SYNOPSIS\n", roff(version),
                  roff(commands.front().description.substr(commands.front().description.find(": ") + 2)));
  for (size_t i = 1; i < commands.size(); ++i) text += synopsis(commands[i]) + ".br\n";
  text += ".SH OPTIONS\nOf every command:\n";
  for (const OptionText& option : commands.front().options) text += option_entry(option);
  text += ".SH COMMANDS\n";
  for (size_t i = 1; i < commands.size(); ++i) {
    text += fmt::format(".SS {}\n{}\n.PP\n{}", roff(commands[i].name), roff(commands[i].description),
                        synopsis(commands[i]));
    for (const OptionText& argument : commands[i].arguments)
      if (!argument.description.empty())
        text += fmt::format(".TP\n\\fI{}\\fR\n{}\n", roff(argument.value), roff(argument.description));
    for (const OptionText& option : commands[i].options) text += option_entry(option);
  }
  text += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : {std::pair{"0", "done"},
                                      {"1", "findings at or above the level that fails"},
                                      {"2", "wrong usage or configuration, input or output failed"},
                                      {"4", "the plan is stale"},
                                      {"130", "interrupted; can be resumed"}})
    text += fmt::format(".TP\n{}\n{}\n", code, roff(meaning));
  text +=
      ".SH SEE ALSO\nThe pages docs/language.md, docs/cli.md and docs/lint.md of the source; \\fBlcr explain\\fR "
      "\\fICODE\\fR for every diagnostic.\n";
  return text;
}

}  // namespace lcr::cli
