#include "backend/evaluate/evaluate.h"
#include "compiler/diagnostics/codes/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace lcr {
namespace {

namespace fs = std::filesystem;

const std::string root = LCR_SOURCE_DIR;
const std::string example = root + "/examples/docs-llama-4m";

class Evaluate : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("lcr_evaluate_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  // Rows of ids, one window each.
  std::string ids(const std::vector<std::vector<int>>& rows) {
    std::string text;
    for (const auto& row : rows) {
      text += R"({"input_ids": [)";
      for (size_t i = 0; i < row.size(); ++i) text += (i ? ", " : "") + std::to_string(row[i]);
      text += "]}\n";
    }
    return write("ids.jsonl", text);
  }
  std::optional<Evaluation> run(const EvaluateOptions& options) { return evaluate(sources_, options, diagnostics_); }
  // The only diagnostic there must be.
  void expect_refused(const EvaluateOptions& options, Code code) {
    EXPECT_FALSE(run(options));
    ASSERT_EQ(diagnostics_.size(), 1u);
    EXPECT_EQ(diagnostics_.items()[0].code, code) << diagnostics_.items()[0].message;
  }
  // A model of this folder's kind with 128 tokens and another tokenizer or config.
  std::string small_model(const std::string& tokenizer, const std::string& config = "") {
    std::string from = root + "/tests/parity/llama_dynamic/";
    fs::create_directories(folder_ / "model");
    fs::copy_file(from + "model.safetensors", folder_ / "model/model.safetensors");
    if (!tokenizer.empty()) fs::copy_file(tokenizer, folder_ / "model/tokenizer.json");
    std::ifstream file(from + "config.json");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    if (!config.empty()) text.replace(text.rfind('}'), 1, ", " + config + "}");
    write("model/config.json", text);
    return (folder_ / "model").string();
  }

  fs::path folder_;
  Sources sources_;
  Diagnostics diagnostics_;
};

TEST_F(Evaluate, PerplexityOfTheExample) {
  EvaluateOptions options{example, "", root + "/examples/evaluation.jsonl", 128, 4};
  uint64_t last = 0;
  options.progress = [&](uint64_t done, uint64_t windows) {
    EXPECT_EQ(windows, 4u);
    last = done;
    return true;
  };
  auto result = run(options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->windows, 4u);
  EXPECT_EQ(result->tokens, 4u * 127);
  // transformers 5.17 in float32.
  EXPECT_NEAR(result->nll, 1.1272135720972734, 2e-6);
  EXPECT_NEAR(result->perplexity, 3.087042682939053, 1e-5);
  EXPECT_FALSE(result->kl);
  EXPECT_EQ(last, 4u);
}

TEST_F(Evaluate, AModelAgreesWithItself) {
  auto result = run({example, example, ids({{0, 5, 9, 100}, {0, 7, 7, 8}}), 4});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->windows, 2u);
  EXPECT_EQ(result->tokens, 6u);
  EXPECT_NEAR(*result->kl, 0, 1e-12);
  EXPECT_EQ(*result->top1, 1);
}

TEST_F(Evaluate, StopsWhenItIsTold) {
  EvaluateOptions options{example, "", ids({{0, 5, 9, 100}}), 4};
  options.progress = [](uint64_t, uint64_t) { return false; };
  EXPECT_FALSE(run(options));
  EXPECT_EQ(diagnostics_.size(), 0u);
}

TEST_F(Evaluate, RefusesAReferenceWithAnotherVocabulary) {
  expect_refused({example, root + "/tests/parity/llama_dynamic", ids({{0, 1}}), 2}, codes::L8012);
}

TEST_F(Evaluate, RefusesTokensThatTheModelDoesNotHave) {
  std::string model = small_model(example + "/tokenizer.json");
  expect_refused({model, "", write("text.jsonl", "{\"text\": \"some ordinary words of a text\"}\n"), 2}, codes::L8014);
}

TEST_F(Evaluate, RefusesAQuantizationConfigThatCannotBeRead) {
  std::string model = small_model("", R"("quantization_config": {"quant_method": "compressed-tensors",
    "config_groups": {"group_0": {"targets": ["re:(("], "weights": {"num_bits": 8}}}})");
  expect_refused({model, "", ids({{0, 1}}), 2}, codes::L8011);
}

TEST_F(Evaluate, RefusesADeviceThatIsNotThere) {
  expect_refused({example, "", ids({{0, 1}}), 2, 0, "nowhere"}, codes::L8013);
}

TEST_F(Evaluate, RefusesAModelThatNeedsMoreThanATokenStream) {
  // Takes `features` besides ids.
  std::string text = R"(language 1
architecture listener for ["LlamaForCausalLM"] type ["llama"]
config { hidden = hidden_size
  vocab = vocab_size }
model(features: [frames, hidden]) { yield linear `lm_head` (features) -> vocab }
copy `model.**`
)";
  EvaluateOptions options{root + "/tests/parity/llama_dynamic", "", ids({{0, 1}}), 2};
  options.architecture = write("listener.lcr", text);
  EXPECT_FALSE(run(options));
  bool refused = false;
  for (const Diagnostic& diagnostic : diagnostics_.items()) refused |= diagnostic.code == codes::L8010;
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace lcr
