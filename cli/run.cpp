#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/backend_library.h"
#include "cli/commands.h"
#include "cli/device_start.h"
#include "cli/event_log.h"
#include "cli/planning.h"
#include "cli/progress.h"
#include "cli/scoring.h"
#include "compiler/diagnostics/codes/driver.h"
#include "planner/plan/stale.h"
#include "planner/plan/yaml.h"

namespace lcr::cli {

namespace {

struct Options {
  PlanningInput input;  // its recipe may be a plan
  std::string events;
  bool resume = false;
};

const BackendLibrary* running = nullptr;

// The first Ctrl-C ends the run at a safe point, the second at once.
void on_interrupt(int) {
  std::signal(SIGINT, SIG_DFL);
  if (running != nullptr) running->interrupt();
}

bool is_recipe(const std::string& path) { return std::filesystem::path(path).extension() == ".lcr"; }

// Options that would have to be asked before a plan was made.
bool decides_a_plan(const PlanningInput& input) {
  return !input.recipe.set.empty() || !input.model.tree.empty() || !input.model.architecture.empty() ||
         !input.machine.empty() || !input.profile.empty() || !input.scores.empty();
}

struct Prepared {
  Plan plan;
  std::string plan_path;  // its paths are relative to this file's folder
};

// Plans a recipe, or reads a plan. Gives the exit code in session.exit_code when nothing is to be run.
std::optional<Prepared> prepare(Session& session, const Options& options) {
  const std::string& path = options.input.recipe.path;
  if (is_recipe(path)) {
    if (!options.input.model.tree.empty()) {
      session.diagnostics.report(codes::L0005, "`run` needs the weights, a tree snapshot has none")
          .help("give `--model DIR`");
      return std::nullopt;
    }
    const ScoreSource scores = [&](const ScoreRequest& request, const Checked& checked) -> std::optional<Scores> {
      // A run that goes on keeps its choice.
      const std::string out = request.plans.front().exports.back().dir;
      if (options.resume)
        if (auto kept = scores_of_run(session, out)) return kept;
      return measure_scores(session, request, checked.model.graph, checked.model.checkpoint.path);
    };
    std::optional<Plan> plan = options.input.make(session, "", scores);
    if (!plan) return std::nullopt;
    return Prepared{std::move(*plan), ""};
  }
  uint32_t file = session.read(path);
  if (file == 0) return std::nullopt;
  std::optional<Plan> plan = read_plan(session.sources, file, session.diagnostics);
  if (!plan) return std::nullopt;
  if (report_stale(*plan, path, options.input.model.model, session.diagnostics)) {
    session.finish();
    session.exit_code = exit_stale;
    session.diagnostics = {};
    return std::nullopt;
  }
  return Prepared{std::move(*plan), path};
}

// A stale plan has been told; stale scores and an interrupted measurement have codes of their own.
int ended_early(Session& session) {
  const int code = session.exit_code;
  if (code == exit_stale) return code;
  const int found = finish_stale_scores(session);
  return code == exit_interrupted ? code : found;
}

int run(Session& session, const Options& options) {
  std::optional<Prepared> prepared = prepare(session, options);
  if (!prepared) return ended_early(session);
  const std::string& device = options.input.device.empty() ? prepared->plan.device : options.input.device;
  const std::jthread starting = device == "cuda" ? start_device() : std::jthread();
  std::optional<BackendLibrary> backend = BackendLibrary::open(session);
  if (!backend) return session.finish() == exit_ok ? exit_ok : exit_failure;

  nlohmann::json settings = {{"plan_path", prepared->plan_path},
                             {"model", options.input.model.model},
                             {"out", options.input.out},
                             {"device", options.input.device},
                             {"resume", options.resume}};
  EventLog log;
  if (!options.events.empty() && !log.open(session, options.events)) return session.finish();
  Progress progress(isatty(STDERR_FILENO) != 0 && options.events != "-", session.quiet);
  running = &*backend;
  std::signal(SIGINT, on_interrupt);
  // A limit of file sizes is a failed write like any other.
  std::signal(SIGXFSZ, SIG_IGN);
  int code = backend->run(write_plan(prepared->plan), settings.dump(),
                          [&](const std::string& event) {
                            log.write(event);
                            progress.consume(event);
                          },
                          session);
  progress.clear();
  int found = session.finish();
  return code == exit_ok || code == exit_diagnostics ? std::max(code, found) : code;
}

}  // namespace

void add_run(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", "execute a plan, or plan a recipe and execute it");
  command->add_option("plan", options->input.recipe.path, "plan (.yaml) or recipe (.lcr)")
      ->required()
      ->type_name("PLAN|RECIPE");
  command->add_option("--set", options->input.recipe.set, "value of a param")->type_name("name=value");
  options->input.model.add_to(*command, false);
  options->input.add_places(*command);
  command->add_option("--events", options->events, "write events as JSON lines, `-` for standard output")
      ->type_name("FILE");
  command->add_flag("--resume", options->resume, "go on with an interrupted run");
  command->callback([options, &session] {
    if (is_recipe(options->input.recipe.path) && !options->input.model.given()) {
      throw CLI::RequiredError("--model (a recipe is planned first)");
    }
    if (!is_recipe(options->input.recipe.path) && decides_a_plan(options->input)) {
      throw CLI::ValidationError(
          "PLAN", "--set, --tree, --architecture, --machine, --profile and --scores go with a recipe; a plan is run as it is");
    }
    session.exit_code = run(session, *options);
  });
}

}  // namespace lcr::cli
