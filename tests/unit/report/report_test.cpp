#include "planner/report/report.h"

#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "planner/plan/yaml.h"
#include "planner/report/drawings.h"
#include "tests/support/golden.h"

namespace lcr {
namespace {

class Report : public testing::Test {
 protected:
  void SetUp() override {
    Diagnostics found;
    const auto plan = read_plan(
        sources_, sources_.add("plan.yaml", golden::read(golden::path("golden/plans/mixed_two_exports.yaml"))), found);
    ASSERT_TRUE(plan.has_value()) << render_full(sources_, found);
    plan_ = *plan;
  }

  std::optional<RunReport> read(const std::string& events) { return read_report("out", plan_, events, found_); }

  Sources sources_;
  Diagnostics found_;
  Plan plan_;
};

// The run was interrupted once and made one module again; its last event was cut off.
TEST_F(Report, ShowsARun) {
  auto report = read(golden::read(golden::path("report/events.jsonl")));
  ASSERT_TRUE(report.has_value()) << render_full(sources_, found_);
  report->evaluation = read_evaluation("eval.json", golden::read(golden::path("report/eval.json")), found_);
  report->commands = {"lcr run mixed.lcr --model docs-llama-4m --device cpu --out OTHER_FOLDER"};
  for (ModuleMetric& metric : report->metrics)
    metric.place = "mixed.lcr:14", metric.rule = "quantize a | b as `FP8_DYNAMIC` with rtn <&>";
  EXPECT_EQ(report->processes, 2);
  EXPECT_DOUBLE_EQ(report->seconds, 2.5 + 7.5);
  EXPECT_EQ(report->metrics.size(), 28u);
  EXPECT_EQ(report->metrics[report->worst(1)[0]].module, "model.layers.2.mlp.down_proj");
  golden::expect_equal(golden::path("report/expected.md"), report_markdown(*report));
  golden::expect_equal(golden::path("report/expected.html"), report_html(*report));
  golden::expect_equal(golden::path("report/expected.json"), report_json(*report));
}

TEST_F(Report, IsThereWithoutMetrics) {
  const auto report = read("");
  ASSERT_TRUE(report.has_value());
  EXPECT_NE(report_markdown(*report).find("No errors were recorded."), std::string::npos);
  EXPECT_NE(report_html(*report).find("No errors were recorded."), std::string::npos);
  EXPECT_NE(report_markdown(*report).find("not measured"), std::string::npos);
}

TEST_F(Report, RefusesWhatIsNoEvent) {
  EXPECT_FALSE(read("nonsense\n").has_value());
  EXPECT_FALSE(read("[1]\n").has_value());
  EXPECT_FALSE(read_evaluation("eval.json", "{\"ppl\": 3}", found_).has_value());
  EXPECT_FALSE(read_evaluation("eval.json", "3", found_).has_value());
  EXPECT_EQ(found_.size(), 4u);
}

TEST(Drawings, EscapeTexts) { EXPECT_EQ(escaped("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;"); }

}  // namespace
}  // namespace lcr
