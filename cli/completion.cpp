#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/version.h"

namespace lcr::cli {

void add_completion(CLI::App& app, Session&) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "print a script that completes commands and options in a shell");
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL");
  command->callback([shell, &app] {
    const std::vector<CommandText> commands = describe(app);
    fmt::print("{}", *shell == "bash"  ? bash_completion(commands)
                     : *shell == "zsh" ? zsh_completion(commands)
                                       : fish_completion(commands));
  });
  // For packagers: lcr(1).
  CLI::App* manual = app.add_subcommand("manual", "print the manual page")->group("");
  manual->callback([&app] { fmt::print("{}", manual_page(describe(app), version())); });
}

}  // namespace lcr::cli
