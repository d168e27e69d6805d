#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "compiler/check/targets.h"
#include "compiler/diagnostics/render.h"
#include "compiler/import/import.h"
#include "compiler/model/elaborate.h"
#include "compiler/recipe/bind.h"
#include "tests/support/golden.h"

namespace lcr {
namespace {

using nlohmann::ordered_json;

// QuantizationArgs as lcr writes them.
ordered_json arguments(const std::optional<Format>& format) {
  if (!format) return nullptr;
  static const std::map<Per, const char*> strategies = {{Per::Tensor, "tensor"}, {Per::Channel, "channel"},
                                                        {Per::Token, "token"},   {Per::Head, "attn_head"},
                                                        {Per::Group, "group"},   {Per::Block, "block"}};
  ordered_json args = {{"num_bits", format->bits},
                       {"type", format->element == Element::Int ? "int" : "float"},
                       {"symmetric", format->symmetric}};
  args["strategy"] = format->global ? "tensor_group" : strategies.at(format->per);
  args["group_size"] = format->per == Per::Group ? ordered_json(format->group) : ordered_json();
  if (format->per == Per::Block) args["block_structure"] = {format->block_rows, format->block_columns};
  args["dynamic"] = format->dynamic && format->global ? ordered_json("local") : ordered_json(format->dynamic);
  if (format->scale == ScaleType::E8M0) args["scale_dtype"] = "torch.uint8";
  if (format->scale == ScaleType::E4M3) args["scale_dtype"] = "torch.float8_e4m3fn";
  return args;
}

std::string configuration(const ExportedTargets& targets) {
  ordered_json config = {
      {"quant_method", "compressed-tensors"}, {"format", targets.format}, {"quantization_status", "compressed"}};
  for (size_t g = 0; g < targets.groups.size(); ++g) {
    const ConfigGroup& group = targets.groups[g];
    config["config_groups"]["group_" + std::to_string(g)] = {{"targets", group.targets},
                                                             {"weights", arguments(group.precision.weights)},
                                                             {"input_activations", arguments(group.precision.input)},
                                                             {"output_activations", arguments(group.precision.output)},
                                                             {"format", group.format}};
  }
  config["ignore"] = targets.ignore;
  config["kv_cache_scheme"] = arguments(targets.cache);
  return ordered_json({{"quantization_config", config}}).dump(2);
}

class RoundTrip : public testing::TestWithParam<std::string> {};

FinalPrecisions precisions_of(Sources& sources, uint32_t file, const Checkpoint& checkpoint, const ModelGraph& graph) {
  Diagnostics found;
  const auto recipe = bind_recipe(sources, file, {}, found);
  EXPECT_TRUE(recipe && !found.has_errors()) << render_full(sources, found);
  const auto typed = check(*recipe, graph, checkpoint, sources, found);
  EXPECT_TRUE(typed && !found.has_errors()) << render_full(sources, found);
  return final_precisions(*typed, graph);
}

// A configuration that lcr writes, read back: the same precision for every module.
TEST_P(RoundTrip, GivesTheSameAssignment) {
  const bool experts = GetParam().find("experts_") != std::string::npos;
  Sources sources;
  Diagnostics found;
  const auto checkpoint =
      read_checkpoint(golden::path(experts ? "parity/qwen3_moe" : "../examples/docs-llama-4m"), found);
  const auto graph = elaborate(sources, *checkpoint, {}, found);
  ASSERT_TRUE(graph.has_value()) << render_full(sources, found);
  const FinalPrecisions before =
      precisions_of(sources, sources.add("recipe.lcr", golden::read(GetParam())), *checkpoint, *graph);
  const ExportedTargets targets = export_targets(before, *graph);
  if (targets.groups.empty()) GTEST_SKIP() << "nothing is quantized";
  const uint32_t config = sources.add("config.json", configuration(targets));
  const auto imported = foreign::import_recipe(sources, config, {"imported", &*graph}, found);
  ASSERT_TRUE(imported.has_value()) << render_full(sources, found);
  const FinalPrecisions after =
      precisions_of(sources, sources.add("imported.lcr", imported->text), *checkpoint, *graph);
  for (size_t m = 0; m < graph->modules.size(); ++m) {
    const int32_t a = before.of_module[m], b = after.of_module[m];
    const bool same = a < 0 || b < 0 ? a == b : before.precisions[size_t(a)].same(after.precisions[size_t(b)]);
    ASSERT_TRUE(same) << graph->modules[m].path << "\n" << imported->text;
  }
}

std::string name_of_case(const testing::TestParamInfo<std::string>& info) {
  const size_t slash = info.param.rfind('/');
  return info.param.substr(slash + 1, info.param.rfind('.') - slash - 1);
}

INSTANTIATE_TEST_SUITE_P(Import, RoundTrip, testing::ValuesIn(golden::list(golden::path("interop/recipes"), ".lcr")),
                         name_of_case);

}  // namespace
}  // namespace lcr
