#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/model/elaborate.h"
#include "compiler/model/tree.h"
#include "tests/support/golden.h"
#include "tests/unit/model/model_files.h"

namespace lcr {
namespace {

class Trees : public testing::TestWithParam<std::string> {};

// Claims every tensor without a warning, and shows the tree that stands beside the snapshot.
TEST_P(Trees, ElaborateAndClaim) {
  Sources sources;
  Diagnostics diagnostics;
  auto checkpoint = read_snapshot(GetParam(), diagnostics);
  ASSERT_TRUE(checkpoint) << render_concise(sources, diagnostics);
  auto graph = elaborate(sources, *checkpoint, {}, diagnostics);
  ASSERT_TRUE(graph) << render_concise(sources, diagnostics);
  EXPECT_EQ(diagnostics.size(), 0u) << render_concise(sources, diagnostics);
  const std::string stem = GetParam().substr(0, GetParam().size() - 5);
  golden::expect_equal(stem + ".tree", render_tree(*graph, *checkpoint));
}

// The same model as the next generation of the reference library spells its configuration.
TEST_P(Trees, BothSpellingsOfTheConfiguration) {
  const std::string stem = GetParam().substr(0, GetParam().size() - 5);
  const std::string config = golden::read(stem + ".config");
  if (config.empty()) GTEST_SKIP() << "there is one spelling of it";
  Sources sources;
  Diagnostics diagnostics;
  auto checkpoint = read_snapshot(GetParam(), diagnostics);
  ASSERT_TRUE(checkpoint);
  checkpoint->config_text = config;
  auto graph = elaborate(sources, *checkpoint, {}, diagnostics);
  ASSERT_TRUE(graph) << render_concise(sources, diagnostics);
  EXPECT_EQ(diagnostics.size(), 0u) << render_concise(sources, diagnostics);
  EXPECT_EQ(render_tree(*graph, *checkpoint), golden::read(stem + ".tree"));
}

TEST_P(Trees, SnapshotsAreReadAsTheyAreWritten) {
  Diagnostics diagnostics;
  auto checkpoint = read_snapshot(GetParam(), diagnostics);
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(write_snapshot(*checkpoint), golden::read(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Model, Trees, testing::ValuesIn(golden::list(golden::path("golden/trees"), ".json")),
                         [](const auto& info) {
                           const size_t slash = info.param.rfind('/');
                           return info.param.substr(slash + 1, info.param.size() - slash - 6);
                         });

// Published counts of parameters.
TEST(ParameterCounts, OfPublishedModels) {
  const std::vector<std::pair<std::string, int64_t>> known{{"llama_3_1_8b", 8'030'261'248},
                                                           {"mixtral_8x7b", 46'702'792'704},
                                                           {"gpt_oss_20b", 20'914'757'184},
                                                           {"qwen2_5_vl_7b", 8'292'166'656}};
  for (const auto& [name, count] : known) {
    Sources sources;
    Diagnostics diagnostics;
    auto checkpoint = read_snapshot(golden::path("golden/trees/" + name + ".json"), diagnostics);
    ASSERT_TRUE(checkpoint);
    auto graph = elaborate(sources, *checkpoint, {}, diagnostics);
    ASSERT_TRUE(graph);
    EXPECT_EQ(parameter_count(*graph), count) << name;
  }
}

}  // namespace
}  // namespace lcr
