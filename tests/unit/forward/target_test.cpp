#include "backend/forward/target.h"

#include <gtest/gtest.h>

#include "backend/forward/source_formats.h"

namespace lcr {
namespace {

ModelGraph graph_of(const std::vector<std::pair<std::string_view, ModuleKind>>& modules) {
  ModelGraph graph;
  for (auto [path, kind] : modules) {
    Module module;
    module.path = path;
    module.kind = kind;
    graph.modules.push_back(module);
  }
  return graph;
}

const ModelGraph graph = graph_of({{"model.layers.0.mlp.up_proj", ModuleKind::Linear},
                                   {"model.layers.1.mlp.up_proj", ModuleKind::Linear},
                                   {"model.layers.1.mlp.down_proj", ModuleKind::Linear},
                                   {"lm_head", ModuleKind::Linear},
                                   {"model.norm", ModuleKind::Norm}});

// The name of the group of every module, "-" for none.
std::vector<std::string> groups_of(const std::string& quantization) {
  Checkpoint checkpoint;
  checkpoint.config_text = R"({"quantization_config": )" + quantization + "}";
  Diagnostics diagnostics;
  SourceFormats formats = read_source_formats(checkpoint, graph, diagnostics);
  std::vector<std::string> groups;
  for (uint32_t i = 0; i < graph.modules.size(); ++i)
    groups.push_back(formats.contains(i) ? formats.at(i).name : "-");
  return groups;
}

TEST(SourceFormats, NamesBeforeExpressionsBeforeClasses) {
  EXPECT_EQ(groups_of(R"({"config_groups": {"class": {"targets": ["Linear"]},
                                            "pattern": {"targets": ["re:.*layers\\.1\\."]},
                                            "name": {"targets": ["model.layers.1.mlp.up_proj"]}},
                          "ignore": ["lm_head"]})"),
            (std::vector<std::string>{"class", "name", "pattern", "-", "-"}));
}

TEST(SourceFormats, ExpressionsAreAnchoredAtTheStartOnly) {
  EXPECT_EQ(groups_of(R"({"config_groups": {"a": {"targets": ["re:model", "re:head"]}}})"),
            (std::vector<std::string>{"a", "a", "a", "-", "-"}));
}

TEST(SourceFormats, ReadsActivationFormats) {
  Checkpoint checkpoint;
  checkpoint.config_text = R"({"quantization_config": {"config_groups": {"g": {"targets": ["Linear"],
    "weights": {"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16},
    "input_activations": {"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16,
                          "dynamic": "local", "scale_dtype": "torch.float8_e4m3fn"}}}}})";
  Diagnostics diagnostics;
  SourceFormats formats = read_source_formats(checkpoint, graph, diagnostics);
  const Format& input = *formats.at(0).input;
  EXPECT_EQ(input.element, Element::Fp4);
  EXPECT_EQ(input.per, Per::Group);
  EXPECT_EQ(input.group, 16);
  EXPECT_EQ(input.scale, ScaleType::E4M3);
  EXPECT_TRUE(input.global);
  EXPECT_TRUE(input.dynamic);
}

TEST(SourceFormats, ReportsAnExpressionThatCannotBeRead) {
  Checkpoint checkpoint;
  checkpoint.config_text = R"({"quantization_config": {"config_groups": {"g": {"targets": ["re:(("]}}}})";
  Diagnostics diagnostics;
  read_source_formats(checkpoint, graph, diagnostics);
  EXPECT_TRUE(diagnostics.has_errors());
}

}  // namespace
}  // namespace lcr
