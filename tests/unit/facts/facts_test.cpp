#include "compiler/facts/facts.h"

#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/facts/dump.h"
#include "compiler/model/elaborate.h"
#include "tests/support/golden.h"

namespace lcr {
namespace {

class FactsOf : public testing::TestWithParam<std::string> {};

std::string name_in(const std::string& path) {
  const size_t slash = path.rfind('/');
  return path.substr(slash + 1, path.size() - slash - 6);
}

TEST_P(FactsOf, EveryTree) {
  Sources sources;
  Diagnostics diagnostics;
  auto checkpoint = read_snapshot(GetParam(), diagnostics);
  ASSERT_TRUE(checkpoint) << render_concise(sources, diagnostics);
  auto graph = elaborate(sources, *checkpoint, {}, diagnostics);
  ASSERT_TRUE(graph) << render_concise(sources, diagnostics);
  golden::expect_equal(golden::path("golden/facts/" + name_in(GetParam()) + ".txt"), dump(*graph, derive(*graph)));
}

INSTANTIATE_TEST_SUITE_P(Model, FactsOf, testing::ValuesIn(golden::list(golden::path("golden/trees"), ".json")),
                         [](const auto& info) { return name_in(info.param); });

}  // namespace
}  // namespace lcr
