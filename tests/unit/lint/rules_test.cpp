#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/lint/analyze.h"
#include "compiler/lint/fix.h"
#include "compiler/lint/page.h"
#include "compiler/lint/suppress.h"
#include "compiler/model/elaborate.h"
#include "compiler/syntax/format.h"
#include "compiler/syntax/parse.h"
#include "docs/explanations.h"
#include "tests/support/golden.h"

// Each rule has a folder below tests/lint with a recipe that it finds something in and one that it does not. The first
// line may name a model below tests/: `# model: golden/trees/llama.json`.
namespace lcr {
namespace {

struct Model {
  Sources sources;
  std::optional<LoadedModel> loaded;
};

const LoadedModel* load(const std::string& name) {
  static std::map<std::string, std::unique_ptr<Model>> known;
  auto [place, fresh] = known.try_emplace(name);
  if (!fresh) return &*place->second->loaded;
  place->second = std::make_unique<Model>();
  Diagnostics found;
  const std::string path = golden::path(name);
  auto checkpoint = path.ends_with(".json") ? read_snapshot(path, found) : read_checkpoint(path, found);
  auto graph = elaborate(place->second->sources, *checkpoint, {}, found);
  place->second->loaded = LoadedModel{std::move(*checkpoint), std::move(*graph)};
  return &*place->second->loaded;
}

// A recipe and what is said about it, with every rule on.
struct Read {
  Sources sources;
  uint32_t file = 0;
  Diagnostics found;

  Read(const std::string& name, const std::string& text) {
    AnalyzeOptions options;
    options.lint.preview = true;
    const std::string mark = "# model: ";
    if (text.starts_with(mark)) options.model = load(text.substr(mark.size(), text.find('\n') - mark.size()));
    file = sources.add(name, text);
    analyze(sources, file, options, found);
  }

  // The findings of one rule, and all errors: a case with errors tests something else than it should.
  Diagnostics of(Code code) const {
    Diagnostics some;
    for (const Diagnostic& diagnostic : found.items())
      if (diagnostic.code == code || diagnostic.severity == Severity::Error)
        some.report(diagnostic.code, diagnostic.message) = diagnostic;
    return some;
  }
};

std::string formatted(const std::string& text) {
  Sources sources;
  Diagnostics found;
  const syntax::File file = syntax::parse(sources, sources.add("fixed.lcr", text), found);
  return found.has_errors() ? text : syntax::format(sources, file);
}

class Rules : public testing::TestWithParam<const LintRule*> {
 protected:
  std::string folder() const { return golden::path("lint/" + std::string(info(GetParam()->code).name)); }
};

TEST_P(Rules, Fire) {
  const Read read("fires.lcr", golden::read(folder() + "/fires.lcr"));
  const Diagnostics some = read.of(GetParam()->code);
  EXPECT_FALSE(some.has_errors()) << render_full(read.sources, some);
  EXPECT_GT(some.size(), 0u) << "nothing was found";
  std::string text = render_full(read.sources, some);
  const Fixed fixed = apply_fixes(read.sources, read.file, some, true);
  if (fixed.applied > 0) text += "\n==== fixed\n" + formatted(fixed.text);
  golden::expect_equal(folder() + "/expected", text);
}

TEST_P(Rules, StaySilent) {
  const Read read(folder() + "/silent.lcr", golden::read(folder() + "/silent.lcr"));
  const Diagnostics some = read.of(GetParam()->code);
  EXPECT_EQ(some.size(), 0u) << render_full(read.sources, some);
}

// The strongest fix that the table promises is the strongest that the case shows.
TEST_P(Rules, CarryTheFixesThatTheTableNames) {
  const Read read("fires.lcr", golden::read(folder() + "/fires.lcr"));
  std::string strongest = "none";
  const Diagnostics some = read.of(GetParam()->code);
  for (const Diagnostic& diagnostic : some.items())
    for (const Fix& fix : diagnostic.fixes) {
      if (fix.applicability == Applicability::Safe) strongest = "safe";
      else if (strongest == "none") strongest = "unsafe";
    }
  EXPECT_EQ(strongest, GetParam()->fixes);
}

// A safe fix leaves no finding behind that it was for, and makes no error.
TEST_P(Rules, AreMendedBySafeFixes) {
  const std::string name = folder() + "/fires.lcr";
  std::string text = golden::read(name);
  for (int round = 0; round < 5; ++round) {
    const Read read("fires.lcr", text);
    const Fixed fixed = apply_fixes(read.sources, read.file, read.of(GetParam()->code), false);
    if (fixed.applied == 0) break;
    EXPECT_NE(fixed.text, text);
    text = fixed.text;
  }
  const Read after("fires.lcr", text);
  EXPECT_FALSE(after.found.has_errors()) << text;
  const Diagnostics left = after.of(GetParam()->code);
  for (const Diagnostic& diagnostic : left.items())
    for (const Fix& fix : diagnostic.fixes) EXPECT_NE(fix.applicability, Applicability::Safe) << text;
}

TEST_P(Rules, HaveTheirPage) {
  const std::string_view page = explanation(info(GetParam()->code).id);
  for (const char* part : {"### Why", "### Avoid", "### Prefer", "### How to fix"})
    EXPECT_NE(page.find(part), std::string_view::npos) << part;
  golden::expect_equal(std::string(LCR_SOURCE_DIR) + "/docs/rules/" + std::string(info(GetParam()->code).name) + ".md",
                       rule_page(*GetParam(), page));
}

std::vector<const LintRule*> all() {
  std::vector<const LintRule*> rules;
  for (const LintRule& rule : lint_rules()) rules.push_back(&rule);
  return rules;
}

std::string name_of_case(const testing::TestParamInfo<const LintRule*>& at) {
  std::string name(info(at.param->code).name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Lint, Rules, testing::ValuesIn(all()), name_of_case);

TEST(RuleTable, IsInOrderAndOfItsPhase) {
  Code last{};
  for (const LintRule& rule : lint_rules()) {
    EXPECT_LT(last, rule.code);
    EXPECT_NE(info(rule.code).severity, Severity::Error) << "errors are checks, not rules";
    last = rule.code;
  }
}

TEST(RuleTable, HasExactlyTheCodesOfThePhase) {
  for (const CodeInfo& code : all_codes()) {
    EXPECT_EQ(code.id[1] == '9', find_rule(code.code) != nullptr) << code.id;
  }
}

TEST(RuleTable, EveryFolderIsOfARule) {
  for (const auto& entry : std::filesystem::directory_iterator(golden::path("lint"))) {
    const CodeInfo* code = find_code(entry.path().filename().string());
    EXPECT_TRUE(code != nullptr && find_rule(code->code) != nullptr) << entry.path();
  }
}

TEST(RuleTable, TheIndexListsAll) {
  golden::expect_equal(std::string(LCR_SOURCE_DIR) + "/docs/rules/README.md", rule_index());
}

}  // namespace
}  // namespace lcr
