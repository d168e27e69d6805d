#include "compiler/diff/diff.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/diff/patterns.h"
#include "compiler/model/elaborate.h"
#include "compiler/recipe/bind.h"
#include "tests/support/golden.h"

namespace lcr {
namespace {

// Two recipes in one folder, of which the first names their model; what is expected stands beside them.
class DiffCases : public testing::TestWithParam<std::string> {
 protected:
  struct Side {
    Recipe recipe;
    TypedRecipe typed;
  };

  void SetUp() override {
    const std::string text = golden::read(GetParam()), mark = "# model: ";
    ASSERT_TRUE(text.starts_with(mark));
    checkpoint_ = read_checkpoint(golden::path(text.substr(mark.size(), text.find('\n') - mark.size())), found_);
    ASSERT_TRUE(checkpoint_.has_value()) << render_full(sources_, found_);
    graph_ = elaborate(sources_, *checkpoint_, {}, found_);
    ASSERT_TRUE(graph_.has_value()) << render_full(sources_, found_);
  }

  Side side(const std::string& name) {
    Diagnostics found;
    const std::filesystem::path path = std::filesystem::path(GetParam()).parent_path() / name;
    auto recipe = bind_recipe(sources_, sources_.add(name, golden::read(path.string())), {}, found);
    EXPECT_TRUE(recipe && !found.has_errors()) << render_full(sources_, found);
    auto typed = check(*recipe, *graph_, *checkpoint_, sources_, found);
    EXPECT_TRUE(typed && !found.has_errors()) << render_full(sources_, found);
    return {std::move(*recipe), std::move(*typed)};
  }

  Sources sources_;
  Diagnostics found_;
  std::optional<Checkpoint> checkpoint_;
  std::optional<ModelGraph> graph_;
};

TEST_P(DiffCases, ShowWhatChanges) {
  const Side a = side("before.lcr"), b = side("after.lcr");
  const RecipeDiff result =
      diff({"before.lcr", a.recipe, a.typed}, {"after.lcr", b.recipe, b.typed}, *graph_, *checkpoint_, sources_);
  const std::string folder = std::filesystem::path(GetParam()).parent_path().string();
  golden::expect_equal(folder + "/expected.txt", diff_text(result));
  golden::expect_equal(folder + "/expected.md", diff_markdown(result));
  golden::expect_equal(folder + "/expected.json", diff_json(result));
}

std::string name_of_case(const testing::TestParamInfo<std::string>& info) {
  return std::filesystem::path(info.param).parent_path().filename().string();
}

INSTANTIATE_TEST_SUITE_P(Diff, DiffCases, testing::ValuesIn(golden::list(golden::path("diff"), "before.lcr")),
                         name_of_case);

TEST(Patterns, AreFew) {
  const std::vector<LabelledName> names = {{"l.0.a", 0, false}, {"l.0.b", 0, false}, {"l.1.a", 0, false},
                                           {"l.1.b", 0, false}, {"l.0.c", 1, false}, {"l.1.c", -1, false},
                                           {"head", 1, false}};
  const auto found = patterns_of(names, 2);
  EXPECT_EQ(found[0], std::vector<std::string>{"l.*.{a,b}"});
  EXPECT_EQ(found[1], (std::vector<std::string>{"l.0.c", "head"}));
}

}  // namespace
}  // namespace lcr
