#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "compiler/check/typed_recipe.h"
#include "compiler/diagnostics/render.h"
#include "compiler/model/elaborate.h"
#include "compiler/recipe/bind.h"
#include "tests/support/golden.h"

namespace lcr {
namespace {

// Recipes that are wrong for a model: the first line names it, `# model: parity/llama`, below tests/: a folder, or a
// snapshot of one.
std::string findings(const std::string& path) {
  const std::string text = golden::read(path);
  const std::string mark = "# model: ";
  EXPECT_TRUE(text.starts_with(mark)) << path;
  const std::string folder = golden::path(text.substr(mark.size(), text.find('\n') - mark.size()));
  Sources sources;
  Diagnostics model, found;
  const auto checkpoint = folder.ends_with(".json") ? read_snapshot(folder, model) : read_checkpoint(folder, model);
  EXPECT_TRUE(checkpoint.has_value()) << render_full(sources, model);
  if (!checkpoint) return {};
  const auto graph = elaborate(sources, *checkpoint, {}, model);
  EXPECT_TRUE(graph.has_value()) << render_full(sources, model);
  if (!graph) return {};
  const uint32_t file = sources.add(path.substr(path.rfind('/') + 1), text);
  const auto recipe = bind_recipe(sources, file, {}, found);
  if (recipe && !found.has_errors()) check(*recipe, *graph, *checkpoint, sources, found);
  return render_full(sources, found);
}

class FailCases : public testing::TestWithParam<std::string> {};

TEST_P(FailCases, SayWhatIsWrong) {
  const std::string& path = GetParam();
  golden::expect_equal(path.substr(0, path.rfind('.')) + ".expected", findings(path));
}

std::vector<std::string> cases() {
  std::vector<std::string> all = golden::list(golden::path("fail/selection"), ".lcr");
  for (std::string& path : golden::list(golden::path("fail/check"), ".lcr")) all.push_back(std::move(path));
  return all;
}

std::string name_of_case(const testing::TestParamInfo<std::string>& info) {
  const std::string& path = info.param;
  const size_t slash = path.rfind('/');
  return path.substr(slash + 1, path.rfind('.') - slash - 1);
}

INSTANTIATE_TEST_SUITE_P(Check, FailCases, testing::ValuesIn(cases()), name_of_case);

}  // namespace
}  // namespace lcr
