#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/planning.h"
#include "cli/scoring.h"
#include "compiler/diagnostics/codes/driver.h"
#include "planner/plan/yaml_allocation.h"

namespace lcr::cli {

namespace {

struct Options {
  PlanningInput input;
  std::string out_file;
};

std::optional<Scores> measured(Session& session, const Options& options) {
  const std::optional<Checked> checked = load_checked(session, options.input.recipe, options.input.model);
  if (!checked) return std::nullopt;
  if (!chooses_precisions(checked->typed)) {
    session.diagnostics.report(codes::L0005, "the recipe leaves no precision to a budget: there is nothing to measure")
        .help("write a rule `quantize … as auto [A, B, keep] with …` and a `budget`");
    return std::nullopt;
  }
  const auto planning = options.input.options(session, "");
  if (!planning) return std::nullopt;
  const LoadedModel& model = checked->model;
  const auto request = request_scores(checked->recipe, checked->typed, model.graph, model.checkpoint, session.sources, *planning,
                                      session.diagnostics);
  if (!request) return std::nullopt;
  return measure_scores(session, *request, model.graph, model.checkpoint.path);
}

int score(Session& session, const Options& options) {
  const std::optional<Scores> scores = measured(session, options);
  if (scores && options.out_file.empty()) fmt::print("{}", write_scores(*scores));
  if (scores && !options.out_file.empty()) write_file(session, options.out_file, write_scores(*scores));
  const int code = session.exit_code;
  const int found = session.finish();
  return scores ? found : std::max(code, found);
}

}  // namespace

void add_score(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("score", "measure what each candidate of `auto` costs the model, for `--scores` of other commands");
  options->input.recipe.add_to(*command);
  command->add_option("--model", options->input.model.model, "folder with config.json and *.safetensors")
      ->required()
      ->type_name("DIR");
  command->add_option("--architecture", options->input.model.architecture, "description to use instead of the built-in ones")
      ->type_name("FILE");
  command->add_option("--machine", options->input.machine, "machine file (.lcr) in place of the recipe's schedule")->type_name("FILE");
  command->add_option("--device", options->input.device, "where to compute")->check(CLI::IsMember({"cpu", "cuda"}));
  command->add_option("-o", options->out_file, "write the scores, which `lcr plan --scores` takes")->type_name("FILE");
  command->callback([options, &session] { session.exit_code = score(session, *options); });
}

}  // namespace lcr::cli
