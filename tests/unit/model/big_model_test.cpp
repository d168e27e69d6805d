#include <gtest/gtest.h>

#include <chrono>

#include "compiler/diagnostics/render.h"
#include "compiler/model/elaborate.h"
#include "compiler/model/tree.h"
#include "tests/support/golden.h"
#include "tests/unit/model/model_files.h"

namespace lcr {
namespace {

// A folder of 275 sparse shards with the 46,000 tensors of a model of 671 billion parameters.
TEST(BigModel, IsReadAndClaimed) {
  testing_models::TemporaryFolder folder;
  const std::string config = golden::read(golden::path("golden/trees/deepseek_671b.config"));
  testing_models::write_checkpoint(folder, config, testing_models::deepseek_tensors(), 168);
  Sources sources;
  Diagnostics diagnostics;
  const auto start = std::chrono::steady_clock::now();
  auto checkpoint = read_checkpoint(folder.path(), diagnostics);
  ASSERT_TRUE(checkpoint) << render_concise(sources, diagnostics);
  const auto read = std::chrono::steady_clock::now();
  auto graph = elaborate(sources, *checkpoint, {}, diagnostics);
  const auto end = std::chrono::steady_clock::now();
  ASSERT_TRUE(graph) << render_concise(sources, diagnostics);
  EXPECT_EQ(diagnostics.size(), 0u) << render_concise(sources, diagnostics);
  EXPECT_EQ(checkpoint->shards.size(), 275u);
  EXPECT_EQ(checkpoint->tensors.size(), 46'183u);
  EXPECT_EQ(parameter_count(*graph), 671'026'419'200);
  // The model, a dense layer, a sparse layer and its expert.
  EXPECT_EQ(graph->templates.size(), 4u);
  EXPECT_EQ(graph->layers, 61);
  using Milliseconds = std::chrono::duration<double, std::milli>;
  std::printf("read %.1f ms, elaborate and claim %.1f ms\n", Milliseconds(read - start).count(),
              Milliseconds(end - read).count());
}

}  // namespace
}  // namespace lcr
