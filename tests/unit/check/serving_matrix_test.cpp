#include <map>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/check/typed_recipe.h"
#include "compiler/diagnostics/render.h"
#include "compiler/model/elaborate.h"
#include "compiler/recipe/bind.h"
#include "tests/support/golden.h"

namespace lcr {
namespace {

struct Model {
  Checkpoint checkpoint;
  ModelGraph graph;
};

// `dense` and `experts` of the tables.
const Model& model_named(const std::string& name) {
  static std::map<std::string, std::optional<Model>> known;
  std::optional<Model>& model = known[name];
  if (model) return *model;
  Sources sources;
  Diagnostics diagnostics;
  auto checkpoint = name == "dense" ? read_checkpoint(LCR_SOURCE_DIR "/examples/docs-llama-4m", diagnostics)
                                    : read_snapshot(golden::path("golden/serving/docs-qwen3moe-12m.json"), diagnostics);
  EXPECT_TRUE(checkpoint.has_value()) << name;
  auto graph = elaborate(sources, *checkpoint, {}, diagnostics);
  EXPECT_TRUE(graph.has_value()) << render_full(sources, diagnostics);
  return model.emplace(Model{std::move(*checkpoint), std::move(*graph)});
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found;
  std::istringstream text(line);
  for (std::string cell; std::getline(text, cell, '|');) {
    const size_t first = cell.find_first_not_of(' ');
    found.push_back(first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') + 1 - first));
  }
  return found;
}

// `W4A16` of the standard library, or the fields of a scheme.
std::string recipe_of(const std::string& model, const std::string& selection, const std::string& precision) {
  const bool named = precision.find('=') == std::string::npos;
  std::string text = "language 1\nrecipe \"measured\"\nuse std.roles.{attention, head, routers}\n";
  text += named ? fmt::format("use std.schemes.{{{}}}\n", precision) : fmt::format("scheme S {{ {} }}\n", precision);
  if (model == "dense" && (selection == "head" || selection == "type(embedding)")) text += "untie `lm_head`\n";
  text += fmt::format("default keep\nkeep optional {}\n", selection == "head" ? "routers" : "(head | routers)");
  return text + fmt::format("quantize {} as {} with rtn\nexport compressed_tensors {{ dir = \"out\" }}\n", selection,
                            named ? precision : "S");
}

// Whether `check` lets the recipe pass for one capability over some ranks.
bool accepted(const Model& model, const std::string& recipe, const std::string& serve) {
  Sources sources;
  Diagnostics found;
  const auto bound = bind_recipe(sources, sources.add("measured.lcr", recipe + serve), {}, found);
  EXPECT_TRUE(bound && !found.has_errors()) << render_full(sources, found);
  if (!bound || found.has_errors()) return false;
  check(*bound, model.graph, model.checkpoint, sources, found);
  return !found.has_errors();
}

// Every cell that was measured is what `check` says of the same recipe under the same `serve`.
TEST(ServingMatrix, AgreesWithWhatWasMeasured) {
  std::istringstream text(golden::read(golden::path("golden/serving/vllm_0.33.txt")));
  std::vector<std::string> columns;
  size_t measured = 0;
  for (std::string line; std::getline(text, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> row = cells(line);
    if (columns.empty()) {
      columns = row;
      continue;
    }
    ASSERT_EQ(row.size(), columns.size()) << line;
    const std::string recipe = recipe_of(row[0], row[1], row[2]);
    for (size_t i = 3; i < row.size(); ++i) {
      if (row[i] != "+" && row[i] != "-") continue;
      // "9.0 x 2": a capability over two ranks.
      const size_t by = columns[i].find(" x ");
      const std::string ranks = by == std::string::npos ? "1" : columns[i].substr(by + 3);
      const std::string serve =
          fmt::format("serve vllm {{ capability = [{}]  tensor_parallel = [{}] }}\n", columns[i].substr(0, by), ranks);
      EXPECT_EQ(accepted(model_named(row[0]), recipe, serve), row[i] == "+") << line << "\n" << columns[i];
      ++measured;
    }
  }
  EXPECT_GT(measured, 180u);
}

}  // namespace
}  // namespace lcr
