#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/planning.h"
#include "cli/scoring.h"
#include "planner/plan/show.h"
#include "planner/plan/yaml.h"

namespace lcr::cli {

namespace {

struct Options {
  PlanningInput input;
  std::string out_file;
  std::string format = "text";
};

int plan(Session& session, const Options& options) {
  std::optional<Plan> plan = options.input.make(session, options.out_file);
  if (!plan) return finish_stale_scores(session);
  if (!options.out_file.empty() && !write_file(session, options.out_file, write_plan(*plan))) return session.finish();
  if (options.format == "json") {
    fmt::print("{}\n", show_json(*plan));
  } else if (!session.quiet) {
    fmt::print("{}", show_text(*plan));
  }
  return session.finish();
}

}  // namespace

void add_plan(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("plan", "turn a recipe into a plan: operations, memory, time; reads no weight");
  options->input.add_to(*command);
  command->add_option("-o", options->out_file, "write the plan, which `lcr run` executes")->type_name("FILE");
  command->add_option("--format", options->format, "how to print the plan")->check(CLI::IsMember({"text", "json"}));
  command->callback([options, &session] { session.exit_code = plan(session, *options); });
}

}  // namespace lcr::cli
