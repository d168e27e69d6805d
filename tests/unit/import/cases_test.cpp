#include <filesystem>

#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/import/import.h"
#include "compiler/model/elaborate.h"
#include "compiler/recipe/bind.h"
#include "compiler/syntax/format.h"
#include "compiler/syntax/parse.h"
#include "tests/support/golden.h"

namespace lcr {
namespace {

struct Case {
  Sources sources;
  Diagnostics found;
  std::optional<Checkpoint> checkpoint;
  std::optional<ModelGraph> graph;
  std::optional<foreign::Imported> imported;

  // `# model: parity/llama` in the first line names the model, below tests/.
  explicit Case(const std::string& path) {
    const std::string text = golden::read(path), mark = "# model: ";
    Diagnostics problems;
    if (text.starts_with(mark)) {
      checkpoint = read_checkpoint(golden::path(text.substr(mark.size(), text.find('\n') - mark.size())), problems);
      if (checkpoint) graph = elaborate(sources, *checkpoint, {}, problems);
      EXPECT_TRUE(graph.has_value()) << render_full(sources, problems);
    }
    const std::filesystem::path place(path);
    const uint32_t file = sources.add(place.filename().string(), text);
    imported = foreign::import_recipe(sources, file, {place.stem().string(), graph ? &*graph : nullptr}, found);
  }
};

std::string name_of_case(const testing::TestParamInfo<std::string>& info) {
  const std::filesystem::path path(info.param);
  return path.stem().string() + "_" + path.extension().string().substr(1);
}

std::vector<std::string> cases(const std::string& folder) {
  std::vector<std::string> all;
  for (const char* ending : {".yaml", ".json", ".md"})
    for (std::string& path : golden::list(golden::path(folder), ending)) all.push_back(std::move(path));
  return all;
}

class GoodCases : public testing::TestWithParam<std::string> {};

// The translation stands beside the original; it is formatted, is read without a complaint, and does to the model what
// the original does.
TEST_P(GoodCases, AreTranslated) {
  Case made(GetParam());
  ASSERT_TRUE(made.imported.has_value()) << render_full(made.sources, made.found);
  EXPECT_FALSE(made.found.has_errors()) << render_full(made.sources, made.found);
  const std::string& text = made.imported->text;
  golden::expect_equal(GetParam() + ".lcr", text);
  Diagnostics problems;
  const uint32_t file = made.sources.add("translation.lcr", text);
  EXPECT_EQ(syntax::format(made.sources, syntax::parse(made.sources, file, problems)), text);
  const auto recipe = bind_recipe(made.sources, file, {}, problems);
  ASSERT_TRUE(recipe && !problems.has_errors()) << render_full(made.sources, problems) << text;
  if (!made.graph) return;
  const auto typed = check(*recipe, *made.graph, *made.checkpoint, made.sources, problems);
  ASSERT_TRUE(typed && !problems.has_errors()) << render_full(made.sources, problems) << text;
  foreign::verify_import(*made.imported, *typed, *made.graph, problems);
  EXPECT_FALSE(problems.has_errors()) << render_full(made.sources, problems) << text;
}

class BadCases : public testing::TestWithParam<std::string> {};

TEST_P(BadCases, SayWhatHasNoEquivalent) {
  Case made(GetParam());
  EXPECT_FALSE(made.imported.has_value());
  EXPECT_TRUE(made.found.has_errors());
  golden::expect_equal(GetParam() + ".expected", render_full(made.sources, made.found));
}

INSTANTIATE_TEST_SUITE_P(Import, GoodCases, testing::ValuesIn(cases("import/good")), name_of_case);
INSTANTIATE_TEST_SUITE_P(Import, BadCases, testing::ValuesIn(cases("import/bad")), name_of_case);

}  // namespace
}  // namespace lcr
