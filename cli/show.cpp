#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "planner/plan/show.h"
#include "planner/plan/stale.h"
#include "planner/plan/yaml.h"
#include "planner/report/plan_pages.h"

namespace lcr::cli {

namespace {

std::string shown(const Plan& plan, const std::string& format) {
  if (format == "json") return show_json(plan) + "\n";
  if (format == "html") return plan_html(plan);
  if (format == "dot") return plan_dot(plan);
  return show_text(plan);
}

}  // namespace

void add_show(CLI::App& app, Session& session) {
  auto path = std::make_shared<std::string>();
  auto format = std::make_shared<std::string>("text");
  auto output = std::make_shared<std::string>("-");
  CLI::App* command = app.add_subcommand("show", "print a saved plan, a stale one too");
  command->add_option("plan", *path, "plan made by `lcr plan -o`")->required()->type_name("FILE");
  command->add_option("--format", *format, "text, json, html (one file), dot (a graph for Graphviz)")
      ->check(CLI::IsMember({"text", "json", "html", "dot"}));
  command->add_option("-o", *output, "write it; standard output when not said")->type_name("FILE");
  command->callback([path, format, output, &session] {
    uint32_t file = session.read(*path);
    std::optional<Plan> plan;
    if (file != 0) plan = read_plan(session.sources, file, session.diagnostics);
    if (plan) {
      write_file(session, *output, shown(*plan, *format));
      warn_stale(*plan, *path, session.diagnostics);
    }
    session.exit_code = session.finish();
  });
}

}  // namespace lcr::cli
