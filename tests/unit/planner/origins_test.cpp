#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "compiler/diagnostics/codes/planning.h"
#include "planner/machine/profile.h"
#include "planner/plan/show.h"
#include "planner/plan/size_text.h"
#include "planner/plan/stale.h"
#include "planner/schedule/available.h"
#include "tests/unit/planner/tiny_model.h"

namespace lcr::test {
namespace {

TEST(Stale, ListsWhatChanged) {
  const auto folder = std::filesystem::temp_directory_path() / ("lcr-stale-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string recipe = (folder / "a.lcr").string();
  std::ofstream(recipe) << "language 1\n";
  Sources sources;
  const uint32_t file = sources.add(recipe, "language 1\n");
  sources.add("std/gone.lcr", "not embedded");
  Plan plan;
  plan.origins = origins_of(sources, {}, {folder.string(), file, "", "", "", 0, {}});
  ASSERT_EQ(plan.origins.size(), 3u);
  EXPECT_EQ(plan.origins[0].kind, "recipe");
  EXPECT_EQ(plan.origins[0].name, "a.lcr");
  plan.origins.erase(plan.origins.begin() + 1);
  const std::string path = (folder / "plan.yaml").string();
  EXPECT_TRUE(changes_since(plan, path, "").empty());
  std::ofstream(recipe) << "language 1 \n";
  EXPECT_EQ(changes_since(plan, path, ""), std::vector<std::string>{"recipe `a.lcr` has changed"});
  Diagnostics diagnostics;
  EXPECT_TRUE(report_stale(plan, path, "", diagnostics));
  EXPECT_EQ(diagnostics.items()[0].code, codes::L5010);
  std::filesystem::remove(recipe);
  warn_stale(plan, path, diagnostics);
  EXPECT_EQ(diagnostics.items()[1].notes[0], "recipe `a.lcr` cannot be read any more");
  std::filesystem::remove_all(folder);
}

// Of large files the length and both ends are looked at.
TEST(Stale, NoticesOtherData) {
  const auto folder = std::filesystem::temp_directory_path() / ("lcr-data-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string data = (folder / "rows.jsonl").string();
  for (const size_t size : {size_t{100}, size_t{70} << 20}) {
    std::ofstream(data) << std::string(size, 'a');
    Plan plan;
    plan.origins = origins_of({}, {}, {folder.string(), 0, "", "", "", 0, {data, data + ".gone"}});
    ASSERT_EQ(plan.origins.size(), 2u);
    EXPECT_EQ(plan.origins[1].kind, "data");
    EXPECT_EQ(plan.origins[1].name, "rows.jsonl");
    plan.origins.erase(plan.origins.begin());
    const std::string path = (folder / "plan.yaml").string();
    EXPECT_TRUE(changes_since(plan, path, "").empty());
    std::ofstream(data, std::ios::app) << 'b';
    EXPECT_EQ(changes_since(plan, path, ""), std::vector<std::string>{"data `rows.jsonl` has changed"});
  }
  std::filesystem::remove_all(folder);
}

TEST(Stale, NamesTheValuesOfTheCommandLine) {
  Sources sources;
  const uint32_t file = sources.add("a.lcr", "language 1\n");
  sources.add("--set damp", "language 1\npreset set\nparam damp : ratio = 2%");
  Plan plan;
  plan.origins = origins_of(sources, {}, {"", file, "", "", "", 0, {}});
  ASSERT_EQ(plan.origins.size(), 3u);
  EXPECT_EQ(plan.origins[1].kind, "set");
  EXPECT_EQ(plan.origins[1].name, "damp=2%");
  EXPECT_NE(show_text(plan).find("with --set damp=2%\n"), std::string::npos);
  plan.origins = {plan.origins[1]};
  EXPECT_TRUE(changes_since(plan, "plan.yaml", "").empty());
}

TEST(Stale, WritesPathsRelativeToThePlan) {
  EXPECT_EQ(path_in_plan("/a/b/models/m", "/a/b"), "models/m");
  EXPECT_EQ(path_in_plan("/a/models/m/", "/a/b"), "../models/m");
  EXPECT_EQ(path_in_plan("/c/models/m", "/a/b/d"), "/c/models/m");
  EXPECT_EQ(path_from_plan("../models/m", "/a/b"), "/a/models/m");
}

TEST(Profile, ReadsRatesAndRefusesTheRest) {
  for (const auto& [text, good] : {std::pair("read: 5e9\nwrite: 2e9\n", true),
                                   {"rate: 1\n", false},
                                   {"read: fast\n", false},
                                   {"read: 0\n", false},
                                   {"read: .inf\n", false},
                                   {"- read\n", false},
                                   {"read: 1e9\nread: 1e9\n", false}}) {
    Sources sources;
    Diagnostics diagnostics;
    const auto profile = read_profile(sources, sources.add("profile.yaml", text), diagnostics);
    EXPECT_EQ(profile.has_value(), good) << text;
    if (profile) {
      EXPECT_EQ(profile->read, 5e9);
    }
  }
}

TEST(Available, RefusesWhatCannotBeRunAndNothingElse) {
  const TinyModel model = tiny_model({});
  const auto accepted = [&](Assignment assignment) {
    const TinyRecipe recipe = tiny_recipe(model, {std::move(assignment)}, [](const Module&) { return 0u; });
    Diagnostics diagnostics;
    return available(recipe.recipe, recipe.typed, diagnostics);
  };
  EXPECT_TRUE(accepted(kept()));
  Assignment tuned = quantized(w4a16());
  tuned.stack->solver.name = "autoround";
  tuned.pruner = Algorithm{"magnitude", {}, {}};
  EXPECT_TRUE(accepted(tuned));
  Assignment chosen;
  chosen.kind = Assignment::Kind::Auto;
  EXPECT_FALSE(accepted(chosen));
}

TEST(SizeText, IsShort) {
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(int64_t{3} << 30), "3.00 GiB");
  EXPECT_EQ(limit_text(int64_t{3} << 30), "3GiB");
  EXPECT_EQ(limit_text((int64_t{3} << 30) + 1), "3073MiB");
  EXPECT_EQ(time_text(0.02), "20 ms");
  EXPECT_EQ(time_text(75), "1 min 15 s");
}

}  // namespace
}  // namespace lcr::test
