#include "cli/scoring.h"

#include <csignal>
#include <filesystem>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/backend_library.h"
#include "cli/progress.h"
#include "compiler/diagnostics/codes/planning.h"
#include "planner/plan/yaml.h"
#include "planner/plan/yaml_allocation.h"

namespace lcr::cli {

namespace {

using nlohmann::json;

const BackendLibrary* measuring = nullptr;

// The first Ctrl-C ends the measurement at a safe point, the second at once.
void on_interrupt(int) {
  std::signal(SIGINT, SIG_DFL);
  if (measuring != nullptr) measuring->interrupt();
}

std::string text_of(const ScoreRequest& request, const ModelGraph& graph, const std::string& model) {
  json plans = json::array(), groups = json::array();
  for (const Plan& plan : request.plans) plans.push_back(write_plan(plan));
  for (const AutoGroup& group : request.groups) {
    json paths = json::array();
    for (uint32_t m : group.modules) paths.push_back(std::string(graph.modules[m].path));
    groups.push_back(std::move(paths));
  }
  return json{{"plans", std::move(plans)}, {"groups", std::move(groups)}, {"measure", request.wanted.measure}, {"model", model}}.dump();
}

}  // namespace

int finish_stale_scores(Session& session) {
  bool stale = false;
  for (const Diagnostic& one : session.diagnostics.items()) stale = stale || one.code == codes::L5017;
  const int code = session.finish();
  return stale ? exit_stale : code;
}

std::optional<Scores> read_score_file(Session& session, const std::string& path) {
  const uint32_t file = session.read(path);
  if (file == 0) return std::nullopt;
  return read_scores(session.sources, file, session.diagnostics);
}

std::optional<Scores> scores_of_run(Session& session, const std::string& out) {
  const std::string path = (std::filesystem::path(out) / ".lcr" / "plan.yaml").string();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  const uint32_t file = session.read(path);
  Diagnostics said;
  const auto plan = file != 0 ? parse_plan(session.sources, file, said) : std::nullopt;
  if (!plan || !plan->allocation) return std::nullopt;
  return scores_of(*plan->allocation);
}

std::optional<Scores> measure_scores(Session& session, const ScoreRequest& request, const ModelGraph& graph,
                                     const std::string& model) {
  std::optional<BackendLibrary> backend = BackendLibrary::open(session);
  if (!backend) return std::nullopt;
  Scores scores = request.wanted;
  Progress progress(isatty(STDERR_FILENO) != 0, session.quiet);
  measuring = &*backend;
  std::signal(SIGINT, on_interrupt);
  const int code = backend->score(text_of(request, graph, model),
                                  [&](const std::string& event) {
                                    const json parsed = json::parse(event, nullptr, false);
                                    if (parsed.value("type", "") != "score") return progress.consume(event);
                                    scores.groups.at(parsed["group"]).of_candidates.at(parsed["candidate"]) = parsed["score"];
                                  },
                                  session);
  progress.clear();
  std::signal(SIGINT, SIG_DFL);
  measuring = nullptr;
  if (code == exit_ok) return scores;
  session.exit_code = code;
  return std::nullopt;
}

}  // namespace lcr::cli
