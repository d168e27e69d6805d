#include "planner/report/report.h"

#include <filesystem>
#include <memory>
#include <unordered_map>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/output.h"
#include "compiler/check/rule_words.h"
#include "compiler/diagnostics/codes/review.h"
#include "planner/plan/stale.h"
#include "planner/plan/yaml.h"

namespace lcr::cli {

namespace {

namespace fs = std::filesystem;

struct Options {
  std::string out, plan, events, output = "-";
  std::vector<std::string> eval;
  std::string format = "md";
};

std::string origin_of(const Plan& plan, std::string_view kind) {
  for (const Origin& origin : plan.origins)
    if (origin.kind == kind) return origin.name;
  return {};
}

// Machines and servers have no part in which rule a module gets.
bool decides_rules(const Origin& origin) {
  return origin.kind != "machine" && origin.kind != "profile" && !origin.name.starts_with("std.serving") &&
         !origin.name.starts_with("std.machines");
}

// The rule of every module, from the recipe and the model if both are still what the plan was made from.
void add_rules(const Plan& plan, const std::string& plan_path, RunReport& report) {
  Plan deciding = plan;
  std::erase_if(deciding.origins, [](const Origin& origin) { return !decides_rules(origin); });
  const std::vector<std::string> changes = changes_since(deciding, plan_path, "");
  if (!changes.empty()) {
    report.rules_unknown = changes[0];
    return;
  }
  const std::string folder = fs::path(plan_path).parent_path().string();
  Session own;  // what the recipe's check says was said before the run
  RecipeInput recipe;
  recipe.path = path_from_plan(origin_of(plan, "recipe"), folder);
  for (const Origin& origin : plan.origins)
    if (origin.kind == "set") recipe.set.push_back(origin.name);
  ModelInput model;
  model.model = path_from_plan(plan.model, folder);
  if (!plan.architecture_file.empty()) model.architecture = path_from_plan(plan.architecture_file, folder);
  const std::optional<Checked> checked = load_checked(own, recipe, model);
  if (!checked) {
    report.rules_unknown = "the recipe cannot be checked any more";
    return;
  }
  std::unordered_map<std::string_view, uint32_t> modules;
  for (uint32_t m = 0; m < checked->model.graph.modules.size(); ++m)
    modules.emplace(checked->model.graph.modules[m].path, m);
  for (ModuleMetric& metric : report.metrics) {
    const auto found = modules.find(metric.module);
    if (found == modules.end()) continue;
    const Assignment& assignment = checked->typed.assignments[checked->typed.of_module[found->second]];
    if (assignment.rule < 0) continue;
    const Span span = checked->recipe.rules[static_cast<size_t>(assignment.rule)].span;
    metric.rule = one_line(own.sources, span);
    metric.place = fmt::format("{}:{}", fs::path(own.sources.file(span).name()).filename().string(),
                               own.sources.file(span).position(span.begin).line);
  }
}

// The two commands that make the same output: from the recipe, or from the plan that is kept.
std::vector<std::string> commands_of(const Plan& plan, const std::string& plan_path) {
  const std::string folder = fs::path(plan_path).parent_path().string();
  std::string command = fmt::format("lcr run {} --model {}", path_from_plan(origin_of(plan, "recipe"), folder),
                                    path_from_plan(plan.model, folder));
  for (const Origin& origin : plan.origins) {
    if (origin.kind == "set") command += fmt::format(" --set '{}'", origin.name);
    if (origin.kind == "machine") command += fmt::format(" --machine {}", path_from_plan(origin.name, folder));
  }
  return {command + fmt::format(" --device {} --out OTHER_FOLDER", plan.device),
          fmt::format("lcr run {} --out OTHER_FOLDER", plan_path)};
}

// Where the record of the run lies: in its output folder, but for what the command line names.
bool find_record(Session& session, Options& options) {
  const fs::path own = fs::path(options.out) / ".lcr";
  if (!options.out.empty() && options.plan.empty()) options.plan = (own / "plan.yaml").string();
  if (!options.out.empty() && options.events.empty()) options.events = (own / "events.jsonl").string();
  if (options.plan.empty() || options.events.empty()) {
    session.diagnostics.report(codes::L0021, "neither an output folder nor a plan and its events are named")
        .help("name the output folder of `lcr run`, or give `--plan` and `--from`");
    return false;
  }
  if (fs::exists(options.plan) && fs::exists(options.events)) return true;
  session.diagnostics
      .report(codes::L0021,
              fmt::format("`{}` holds no record of a run", options.out.empty() ? options.events : options.out))
      .help("name the output folder of `lcr run`");
  return false;
}

std::optional<RunReport> read(Session& session, Options options) {
  if (!find_record(session, options)) return std::nullopt;
  const uint32_t plan_file = session.read(options.plan), events_file = session.read(options.events);
  if (plan_file == 0 || events_file == 0) return std::nullopt;
  std::optional<Plan> plan = read_plan(session.sources, plan_file, session.diagnostics);
  if (!plan) return std::nullopt;
  std::optional<RunReport> report =
      read_report(options.out, *plan, std::string(session.sources.file(events_file).text()), session.diagnostics);
  if (!report) return std::nullopt;
  add_rules(*plan, options.plan, *report);
  report->commands = commands_of(*plan, options.plan);
  for (const std::string& path : options.eval) {
    const uint32_t file = session.read(path);
    if (file == 0 || !add_results(path, std::string(session.sources.file(file).text()), *report, session.diagnostics))
      return std::nullopt;
  }
  return report;
}

std::string formatted(const RunReport& report, const std::string& format) {
  if (format == "html") return report_html(report);
  if (format == "json") return report_json(report);
  if (format == "trace") return report_trace(report);
  return report_markdown(report);
}

}  // namespace

void add_report(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("report", "show what a finished run made: precisions, errors, sizes, memory and time");
  command->add_option("out", options->out, "output folder of `lcr run`")->type_name("DIR");
  command->add_option("--from", options->events, "events of the run, in place of those in its folder")
      ->type_name("FILE");
  command->add_option("--plan", options->plan, "plan of the run, in place of the one in its folder")->type_name("FILE");
  command->add_option("--format", options->format, "md, html (one file), json, trace (for Perfetto)")
      ->check(CLI::IsMember({"md", "html", "json", "trace"}));
  command->add_option("--eval", options->eval, "results to show: of `lcr eval --format json` or lm-evaluation-harness")
      ->type_name("FILE");
  command->add_option("-o", options->output, "write the report; standard output when not said")->type_name("FILE");
  command->callback([options, &session] {
    if (const std::optional<RunReport> report = read(session, *options))
      write_file(session, options->output, formatted(*report, options->format));
    session.exit_code = session.finish();
  });
}

}  // namespace lcr::cli
