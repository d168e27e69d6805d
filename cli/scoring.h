#pragma once

#include <optional>
#include <string>

#include "cli/inputs.h"
#include "planner/allocate/under_budget.h"

namespace lcr::cli {

// Scores from a file; reports what cannot be read.
std::optional<Scores> read_score_file(Session& session, const std::string& path);
// The scores that an interrupted run in the folder was planned with; nothing when there is none, or its plan cannot be read.
std::optional<Scores> scores_of_run(Session& session, const std::string& out);
// Measures with the backend. Nothing after a report, or when the measurement was interrupted (then session.exit_code says
// so).
std::optional<Scores> measure_scores(Session& session, const ScoreRequest& request, const ModelGraph& graph,
                                     const std::string& model);

// Session::finish(), with exit_stale where scores were stale.
int finish_stale_scores(Session& session);

}  // namespace lcr::cli
