#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "planner/plan/show.h"
#include "planner/plan/stale.h"
#include "planner/plan/yaml.h"

namespace lcr::cli {

void add_show(CLI::App& app, Session& session) {
  auto path = std::make_shared<std::string>();
  auto format = std::make_shared<std::string>("text");
  CLI::App* command = app.add_subcommand("show", "print a saved plan, a stale one too");
  command->add_option("plan", *path, "plan made by `lcr plan -o`")->required()->type_name("FILE");
  command->add_option("--format", *format, "how to print the plan")->check(CLI::IsMember({"text", "json"}));
  command->callback([path, format, &session] {
    uint32_t file = session.read(*path);
    std::optional<Plan> plan;
    if (file != 0) plan = read_plan(session.sources, file, session.diagnostics);
    if (plan) {
      fmt::print("{}", *format == "json" ? show_json(*plan) + "\n" : show_text(*plan));
      warn_stale(*plan, *path, session.diagnostics);
    }
    session.exit_code = session.finish();
  });
}

}  // namespace lcr::cli
