#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/model/elaborate.h"
#include "tests/support/golden.h"
#include "tests/unit/model/model_files.h"

namespace lcr {
namespace {

using nlohmann::json;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// {"files": {"name": text, "a.safetensors": {"header": object or text, "length": n, "size": n}}}: a model folder.
void read_folder(const json& files, std::string& found) {
  testing_models::TemporaryFolder folder;
  for (const auto& [name, content] : files.items()) {
    if (content.is_string()) {
      folder.write(name, content.get<std::string>());
      continue;
    }
    auto number = [&](const char* key) {
      return content.contains(key) ? std::optional(content[key].get<uint64_t>()) : std::nullopt;
    };
    const json& header = content["header"];
    folder.write_shard(name, header.is_string() ? header.get<std::string>() : header.dump(), number("length"), number("size"));
  }
  Sources sources;
  Diagnostics diagnostics;
  auto checkpoint = read_checkpoint(folder.path(), diagnostics);
  EXPECT_EQ(checkpoint.has_value(), !diagnostics.has_errors());
  found = replaced(render_full(sources, diagnostics), folder.path(), "MODEL");
}

// A text that is no snapshot.
void read_text(const std::string& text, std::string& found) {
  testing_models::TemporaryFolder folder;
  folder.write("tree.json", text);
  Sources sources;
  Diagnostics diagnostics;
  EXPECT_FALSE(read_snapshot(folder.path() + "/tree.json", diagnostics));
  found = replaced(render_full(sources, diagnostics), folder.path(), "MODEL");
}

class FailCases : public testing::TestWithParam<std::string> {};

TEST_P(FailCases, SayWhatIsWrong) {
  const std::string& path = GetParam();
  std::string found;
  if (path.ends_with(".lcr")) {
    // An architecture text, for the tree that its first line names: "# tree: llama".
    const std::string text = golden::read(path), mark = "# tree: ";
    ASSERT_TRUE(text.starts_with(mark));
    Sources sources;
    Diagnostics diagnostics;
    auto checkpoint = testing_models::edited({{"tree", text.substr(mark.size(), text.find('\n') - mark.size())}}, diagnostics);
    ASSERT_TRUE(checkpoint) << render_full(sources, diagnostics);
    ElaborateOptions options;
    options.architecture_file = path;
    EXPECT_FALSE(elaborate(sources, *checkpoint, options, diagnostics));
    found = replaced(render_full(sources, diagnostics), path.substr(0, path.rfind('/') + 1), "");
  } else {
    const json edits = json::parse(golden::read(path));
    if (edits.contains("files")) {
      read_folder(edits["files"], found);
    } else if (edits.contains("snapshot")) {
      read_text(edits["snapshot"].is_string() ? edits["snapshot"].get<std::string>() : edits["snapshot"].dump(), found);
    } else {
      Sources sources;
      Diagnostics diagnostics;
      auto checkpoint = testing_models::edited(edits, diagnostics);
      ASSERT_TRUE(checkpoint) << render_full(sources, diagnostics);
      auto graph = elaborate(sources, *checkpoint, {}, diagnostics);
      EXPECT_EQ(graph.has_value(), !diagnostics.has_errors());
      found = render_full(sources, diagnostics);
    }
  }
  EXPECT_FALSE(found.empty());
  golden::expect_equal(path.substr(0, path.rfind('.')) + ".expected", found);
}

std::vector<std::string> cases() {
  std::vector<std::string> all = golden::list(golden::path("fail/model"), ".lcr");
  for (std::string& path : golden::list(golden::path("fail/model"), ".json")) all.push_back(std::move(path));
  return all;
}

INSTANTIATE_TEST_SUITE_P(Model, FailCases, testing::ValuesIn(cases()), [](const auto& info) {
  const size_t slash = info.param.rfind('/');
  return info.param.substr(slash + 1, info.param.rfind('.') - slash - 1);
});

}  // namespace
}  // namespace lcr
