#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/model/elaborate.h"
#include "compiler/recipe/bind.h"
#include "planner/allocate/under_budget.h"
#include "planner/plan/show.h"
#include "planner/plan/yaml.h"
#include "planner/verify/verify.h"
#include "tests/support/golden.h"
#include "tests/unit/planner/tiny_model.h"

namespace lcr::test {
namespace {

// Recipes planned for the example model, with the errors that come of it.
struct Planned {
  Sources sources;
  Diagnostics diagnostics;
  std::optional<Plan> plan;
  std::optional<Checkpoint> checkpoint;
  std::optional<ModelGraph> graph;
};

// Numbers as a measurement could give them: each candidate a quarter of the one before, kept groups nothing.
void plan_by_scores(const Recipe& recipe, const TypedRecipe& typed, const PlanOptions& options, bool stale, Planned& made) {
  const auto request =
      request_scores(recipe, typed, *made.graph, *made.checkpoint, made.sources, options, made.diagnostics);
  if (!request) return;
  Scores scores = request->wanted;
  for (size_t g = 0; g < scores.groups.size(); ++g) {
    double score = 1 + static_cast<double>(g % 5);
    for (size_t c = 0; c < scores.groups[g].of_candidates.size(); ++c, score /= 4)
      scores.groups[g].of_candidates[c] = request->groups[g].candidates[c].precision ? score : 0;
  }
  if (stale) scores.model ^= 1;
  auto chosen =
      plan_under_budget(recipe, typed, *made.graph, *made.checkpoint, made.sources, options, scores, made.diagnostics);
  if (chosen) made.plan = std::move(chosen->plan);
}

void plan_recipe(const std::string& path, Planned& made) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const uint32_t file = made.sources.add(path, golden::read(path));
  const auto recipe = bind_recipe(made.sources, file, {}, made.diagnostics);
  if (!recipe || made.diagnostics.has_errors()) return;
  Diagnostics of_model;
  made.checkpoint = read_checkpoint(LCR_SOURCE_DIR "/examples/docs-llama-4m", of_model);
  ASSERT_TRUE(made.checkpoint);
  made.graph = elaborate(made.sources, *made.checkpoint, {}, of_model);
  ASSERT_TRUE(made.graph) << of_model.items().front().message;
  const auto typed = check(*recipe, *made.graph, *made.checkpoint, made.sources, made.diagnostics);
  if (!typed || made.diagnostics.has_errors()) return;
  PlanOptions options = on_a_small_machine();
  options.plan_folder = folder;
  const std::string name = std::filesystem::path(path).filename().string();
  if (chooses_precisions(*typed) && !name.starts_with("no_scores"))
    return plan_by_scores(*recipe, *typed, options, name.starts_with("stale_"), made);
  made.plan = make_plan(*recipe, *typed, *made.graph, *made.checkpoint, made.sources, options, made.diagnostics);
}

std::string findings(const Sources& sources, const Diagnostics& diagnostics, const std::string& folder) {
  std::string text;
  for (const Diagnostic* item : diagnostics.sorted()) {
    text += render_concise(sources, *item);
    if (text.back() != '\n') text += '\n';
    for (const std::string& note : item->notes) text += fmt::format("  note: {}\n", note);
    for (const std::string& help : item->helps) text += fmt::format("  help: {}\n", help);
  }
  const std::string prefix = folder + "/";
  for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
    text.erase(at, prefix.size());
  return text;
}

std::string without_ending(const std::string& path) { return path.substr(0, path.rfind('.')); }

TEST(Recipes, PlansAreAsExpected) {
  for (const std::string& path : golden::list(golden::path("golden/plans"), ".lcr")) {
    SCOPED_TRACE(path);
    Planned made;
    plan_recipe(path, made);
    ASSERT_TRUE(made.plan) << findings(made.sources, made.diagnostics, "");
    EXPECT_EQ(verify_plan(*made.plan, *made.graph, *made.checkpoint), std::vector<std::string>{});
    // Hashes and places differ with every edit of stdlib and every checkout.
    made.plan->origins.clear();
    made.plan->model = "docs-llama-4m";
    if (made.plan->allocation) made.plan->allocation->request = made.plan->allocation->model = 0;
    golden::expect_equal(without_ending(path) + ".yaml", write_plan(*made.plan));
    golden::expect_equal(without_ending(path) + ".txt", show_text(*made.plan));
  }
}

TEST(Recipes, WhatCannotBePlannedIsExplained) {
  const std::string folder = golden::path("fail/planning");
  for (const std::string& path : golden::list(folder, ".lcr")) {
    SCOPED_TRACE(path);
    Planned made;
    plan_recipe(path, made);
    EXPECT_FALSE(made.plan);
    EXPECT_TRUE(made.diagnostics.has_errors());
    golden::expect_equal(without_ending(path) + ".expected", findings(made.sources, made.diagnostics, folder));
  }
}

}  // namespace
}  // namespace lcr::test
