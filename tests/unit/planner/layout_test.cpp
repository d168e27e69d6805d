#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "compiler/model/safetensors.h"
#include "planner/plan/layout.h"
#include "tests/unit/planner/tiny_model.h"

namespace lcr::test {
namespace {

OutputTensor tensor_of(std::string name, Dtype dtype, Dims shape) {
  OutputTensor tensor;
  tensor.name = std::move(name), tensor.dtype = dtype, tensor.shape = std::move(shape);
  tensor.end = uint64_t(elements_of(tensor.shape) * size_of(dtype));
  return tensor;
}

std::optional<ShardHeader> read_back(const ShardLayout& layout, Diagnostics& diagnostics) {
  const auto folder = std::filesystem::temp_directory_path() / ("lcr-layout-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const auto path = folder / layout.file;
  std::ofstream(path, std::ios::binary).write(layout.header.data(), std::streamsize(layout.header.size()));
  std::filesystem::resize_file(path, layout.bytes);
  auto header = HeaderReader().read(folder.string(), layout.file, diagnostics);
  std::filesystem::remove_all(folder);
  return header;
}

TEST(Layout, WritesHeadersThatReadersTake) {
  for (int64_t experts : {0, 5}) {
    TinyOptions options;
    options.experts = experts, options.shards = 3, options.biased = true;
    const TinyModel model = tiny_model(options);
    const auto plan = plan_of(model, linears_as(model, w4a16()));
    ASSERT_TRUE(plan);
    for (const ShardLayout& layout : layout_outputs(*plan, 0, model.graph, model.checkpoint)) {
      Diagnostics diagnostics;
      const auto header = read_back(layout, diagnostics);
      ASSERT_TRUE(header) << diagnostics.items().front().message;
      ASSERT_EQ(header->tensors.size(), layout.tensors.size());
      EXPECT_EQ(header->idle_bytes, 0u);
      for (size_t i = 0; i < layout.tensors.size(); ++i) {
        EXPECT_EQ(header->tensors[i].name, layout.tensors[i].name);
        EXPECT_EQ(header->tensors[i].begin, layout.tensors[i].begin);
        EXPECT_EQ(header->tensors[i].end, layout.tensors[i].end);
        EXPECT_EQ(header->tensors[i].dtype, layout.tensors[i].dtype);
        EXPECT_EQ(header->tensors[i].shape, layout.tensors[i].shape);
      }
    }
  }
}

TEST(Layout, SortsByElementSizeWhereOffsetsWouldLieAcross) {
  const ShardLayout layout = lay_out("x.safetensors", {tensor_of("a", Dtype::U8, {3}), tensor_of("b", Dtype::F32, {2}),
                                                       tensor_of("c", Dtype::BF16, {})});
  ASSERT_EQ(layout.tensors.size(), 3u);
  EXPECT_EQ(layout.tensors[0].name, "b");
  EXPECT_EQ(layout.tensors[1].name, "c");
  EXPECT_EQ(layout.tensors[2].name, "a");
  EXPECT_EQ(layout.header.size() % 8, 0u);
  EXPECT_EQ(layout.bytes, layout.header.size() + 8 + 2 + 3);
}

TEST(Layout, KeepsTheOrderAndEscapesNames) {
  const ShardLayout layout =
      lay_out("x.safetensors", {tensor_of("we\"ird\\", Dtype::F32, {2}), tensor_of("ü", Dtype::U8, {3})});
  Diagnostics diagnostics;
  const auto header = read_back(layout, diagnostics);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->tensors[0].name, "we\"ird\\");
  EXPECT_EQ(header->tensors[1].name, "ü");
}

}  // namespace
}  // namespace lcr::test
