#include "cli/describe.h"

#include <sstream>

namespace lcr::cli {

namespace {

// "{auto,always,never}", as CLI::IsMember describes itself.
std::vector<std::string> choices_of(CLI::Option& option) {
  std::string text;
  try {
    text = option.get_validator(0)->get_description();
  } catch (const CLI::OptionNotFound&) {
    return {};
  }
  if (!text.starts_with('{') || !text.ends_with('}')) return {};
  std::vector<std::string> choices;
  std::istringstream stream(text.substr(1, text.size() - 2));
  for (std::string choice; std::getline(stream, choice, ',');) choices.push_back(choice);
  return choices;
}

OptionText describe(CLI::Option& option) {
  OptionText text;
  for (const std::string& name : option.get_snames()) text.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) text.names.push_back("--" + name);
  text.choices = choices_of(option);
  text.description = option.get_description();
  text.required = option.get_required();
  text.repeated = option.get_items_expected_max() > 1;
  // Without the choices that CLI11 appends.
  if (option.get_items_expected_max() > 0)
    text.value = option.get_type_name().substr(0, option.get_type_name().find(':'));
  return text;
}

void add_options(CLI::App& app, CommandText& command) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    OptionText text = describe(*option);
    (text.names.empty() ? command.arguments : command.options).push_back(std::move(text));
  }
  // Option groups are nameless commands.
  for (CLI::App* group : app.get_subcommands([](CLI::App* one) { return one->get_name().empty(); }))
    add_options(*group, command);
}

}  // namespace

std::vector<CommandText> describe(CLI::App& app) {
  std::vector<CommandText> commands(1);
  commands[0].description = app.get_description();
  add_options(app, commands[0]);
  for (CLI::App* sub :
       app.get_subcommands([](CLI::App* one) { return !one->get_name().empty() && !one->get_group().empty(); })) {
    CommandText command{sub->get_name(), sub->get_description(), {}, {}};
    add_options(*sub, command);
    commands.push_back(std::move(command));
  }
  return commands;
}

}  // namespace lcr::cli
