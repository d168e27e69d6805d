#include "planner/report/report.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "planner/plan/yaml.h"
#include "planner/report/drawings.h"
#include "planner/report/plan_pages.h"
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
  ASSERT_TRUE(add_results("eval.json", golden::read(golden::path("report/eval.json")), *report, found_));
  ASSERT_TRUE(add_results("lm_eval.json", golden::read(golden::path("report/lm_eval.json")), *report, found_));
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
  golden::expect_equal(golden::path("report/expected.trace.json"), report_trace(*report));
}

TEST_F(Report, ShowsAPlan) {
  golden::expect_equal(golden::path("report/plan.html"), plan_html(plan_));
  golden::expect_equal(golden::path("report/plan.dot"), plan_dot(plan_));
}

// Sums of a process become the parts of its layers; a resumed run begins anew.
TEST_F(Report, DrawsLayersOverTime) {
  const auto report = read(
      R"({"type": "version", "ts": 100.0}
{"type": "layer", "ts": 103.0, "layer": 1, "seconds": 2.0, "seconds_passes": 1.5, "seconds_solving": 0.25}
{"type": "layer", "ts": 104.0, "layer": 2, "seconds": 3.0, "seconds_passes": 2.0, "seconds_solving": 0.5}
{"type": "end", "ts": 105.0, "status": "interrupted", "workers": 2, "seconds": 1.0, "seconds_reading": 0.5}
{"type": "version", "ts": 200.0}
{"type": "layer", "ts": 201.0, "layer": 3, "seconds": 1.0, "seconds_passes": 1.0, "seconds_solving": 0.0}
)");
  ASSERT_TRUE(report.has_value()) << render_full(sources_, found_);
  std::string text;
  for (const Moment& one : report->timeline)
    text += fmt::format("{} {} {} {}\n", one.track, one.name, one.begin, one.seconds);
  EXPECT_EQ(text,
            "calibration layer 1 1 2\ncalibration passes 1 1.5\ncalibration solving 2.5 0.25\n"
            "calibration layer 2 3 1\ncalibration passes 3 0.5\ncalibration solving 3.5 0.25\nrun  0 5\n"
            "calibration layer 3 5 1\ncalibration passes 5 1\n");
  EXPECT_DOUBLE_EQ(report->calibration.all, 4);
  EXPECT_DOUBLE_EQ(report->calibration.passes, 3);
  EXPECT_DOUBLE_EQ(report->workers.all, 2);
  EXPECT_NE(report_markdown(*report).find("| stalled: reading | 0.5 s | 25 % |"), std::string::npos)
      << report_markdown(*report);
}

TEST_F(Report, IsThereWithoutMetrics) {
  const auto report = read("");
  ASSERT_TRUE(report.has_value());
  EXPECT_NE(report_markdown(*report).find("No errors were recorded."), std::string::npos);
  EXPECT_NE(report_html(*report).find("No errors were recorded."), std::string::npos);
  EXPECT_NE(report_markdown(*report).find("not measured"), std::string::npos);
}

TEST_F(Report, CountsTokensOfExpertsAndScalesOfCaches) {
  plan_.caches["fp8"] = {Format{.element = Element::Fp8, .bits = 8, .per = Per::Head}, {"rtn", {}, {}}};
  const auto report = read(
      R"({"type": "experts", "module": "model.layers.10.mlp.experts", "experts": 4, "least": 1, "median": 8, "most": 9, "coverage": 4, "starved": [0, 1, 3]}
{"type": "experts", "module": "model.layers.2.mlp.experts", "experts": 4, "least": 5, "median": 6, "most": 7, "coverage": 4, "starved": []}
{"type": "cache", "point": "model.layers.0.self_attn.keys", "cache": "fp8", "scales": 2, "least": 0.25, "most": 0.5}
{"type": "cache", "point": "model.layers.0.self_attn.values", "cache": "fp8", "scales": 2, "least": 0.125, "most": 0.25}
)");
  ASSERT_TRUE(report.has_value()) << render_full(sources_, found_);
  ASSERT_EQ(report->experts.size(), 2u);
  EXPECT_EQ(report->experts[0].module, "model.layers.2.mlp.experts");
  EXPECT_EQ(report->experts[1].median, 8);
  ASSERT_EQ(report->caches.size(), 1u);
  EXPECT_EQ(report->caches[0].points, 2);
  const std::string text = report_markdown(*report);
  EXPECT_NE(text.find("| `model.layers.10.mlp.experts` | 4 | 1 | 8 | 9 | 0–1, 3 |"), std::string::npos) << text;
  EXPECT_NE(text.find("| `fp8(per = head, dynamic = false)` | `rtn` | 2 | 0.125 | 0.5 |"), std::string::npos) << text;
  EXPECT_NE(report_html(*report).find("<h2>Experts</h2>"), std::string::npos);
  EXPECT_NE(report_json(*report).find("\"starved\""), std::string::npos);
}

TEST_F(Report, RefusesWhatIsNoEvent) {
  EXPECT_FALSE(read("nonsense\n").has_value());
  EXPECT_FALSE(read("[1]\n").has_value());
  RunReport report;
  for (const char* text : {"{\"ppl\": 3}", "3", "{\"results\": {\"arc\": {\"alias\": \"arc\"}}}"})
    EXPECT_FALSE(add_results("eval.json", text, report, found_)) << text;
  EXPECT_EQ(found_.size(), 5u);
}

TEST(Drawings, EscapeTexts) { EXPECT_EQ(escaped("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;"); }

}  // namespace
}  // namespace lcr
