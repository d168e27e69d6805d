#pragma once

#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/checkpoint.h"
#include "compiler/model/graph.h"
#include "planner/plan/layout.h"
#include "planner/plan/plan.h"

// Knows plans and models, not how plans are made.
namespace lcr {

// What is wrong with a plan for this model: its own contradictions, modules and tensors that are handled twice or
// never, files whose bytes do not lie one after another or do not add up. Empty: the plan can be run.
std::vector<std::string> verify_plan(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint);
// The same with the layouts of all exports at hand.
using ExportLayouts = std::vector<std::vector<ShardLayout>>;
std::vector<std::string> verify_plan(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint,
                                     const NameIndex& names, const ExportLayouts& layouts);

// Reports the problems as one error (a plan that a person gave); false when there are any.
bool report_problems(const std::vector<std::string>& problems, Diagnostics& diagnostics);

}  // namespace lcr
