#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstring>

#include "buffers.h"
#include "precisions.h"
#include "safetensors_file.h"

// What make_goldens.py wrote: our tensors must be those of compressed-tensors byte for byte, and so the dequantized values.
namespace lcr::tests {
namespace {

struct Golden {
  std::string name;
  Precision precision;
  Dtype model = Dtype::BF16;
};

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }

Per per_of(std::string_view strategy) {
  if (strategy == "tensor") return Per::Tensor;
  if (strategy == "channel") return Per::Channel;
  return strategy == "block" ? Per::Block : Per::Group;
}

Golden golden_of(const simdjson::dom::element& json) {
  Golden golden;
  golden.name = std::string(std::string_view(json["name"]));
  golden.model = std::string_view(json["dtype"]) == "float32" ? Dtype::F32 : Dtype::BF16;
  Format format;
  format.bits = static_cast<int>(int64_t(json["num_bits"]));
  if (std::string_view(json["type"]) == "float") format.element = format.bits == 4 ? Element::Fp4 : Element::Fp8;
  format.per = per_of(std::string_view(json["strategy"]));
  int64_t group = 0;
  if (json["group_size"].get(group) == simdjson::SUCCESS) format.group = group;
  simdjson::dom::array block;
  if (json["block_structure"].get(block) == simdjson::SUCCESS) {
    format.block_rows = block.at(0);
    format.block_columns = block.at(1);
  }
  format.symmetric = bool(json["symmetric"]);
  std::string_view scale;
  if (json["scale_dtype"].get(scale) == simdjson::SUCCESS)
    format.scale = scale == "torch.uint8" ? ScaleType::E8M0 : ScaleType::E4M3;
  format.global = format.scale == ScaleType::E4M3;
  const std::string_view container(json["container"]);
  golden.precision.weights = format;
  if (container == "int-quantized") golden.precision.container = Container::Bytes;
  if (container == "int-quantized" || container == "float-quantized") {
    golden.precision.input = integer(8, Per::Token, 0, true);
    golden.precision.input->dynamic = true;
  }
  EXPECT_EQ(plan_encoding(golden.precision, 36, 128, golden.model).container, container);
  return golden;
}

std::vector<Golden> goldens() {
  simdjson::dom::parser parser;
  std::vector<Golden> all;
  for (const simdjson::dom::element json :
       simdjson::dom::array(parser.load(std::string(LCR_SOURCE_DIR) + "/tests/numerics/goldens.json")))
    all.push_back(golden_of(json));
  return all;
}

const std::map<std::string, SmallTensor>& tensors() {
  static const auto all = read_safetensors(std::string(LCR_SOURCE_DIR) + "/tests/numerics/goldens.safetensors");
  return all;
}

StoredWeight golden_weight(Dtype dtype) {
  const SmallTensor& tensor = tensors().at("weight");
  reference::Weight weight{tensor.shape[0], tensor.shape[1], {}};
  weight.values.resize(tensor.bytes.size() / 4);
  std::memcpy(weight.values.data(), tensor.bytes.data(), tensor.bytes.size());
  return stored(weight, dtype);
}

class Goldens : public testing::TestWithParam<Golden> {};

TEST_P(Goldens, TensorsAndValuesAreThoseOfTheReference) {
  const Golden& golden = GetParam();
  const StoredWeight weight = golden_weight(golden.model);
  const Buffers buffers = quantized(golden.precision, {}, weight, golden.model);
  const auto expect_equal = [&](Part part, const std::vector<uint8_t>& bytes) {
    const EncodedTensor* planned = buffers.encoding.find(part);
    if (!planned) return;
    const SmallTensor& expected = tensors().at(golden.name + "." + std::string(planned->suffix));
    EXPECT_EQ(name_of(planned->dtype), expected.dtype) << planned->suffix;
    EXPECT_EQ(planned->shape, expected.shape) << planned->suffix;
    EXPECT_EQ(bytes, expected.bytes) << planned->suffix;
  };
  expect_equal(Part::Codes, buffers.codes);
  expect_equal(Part::Scales, buffers.scales);
  expect_equal(Part::ZeroPoints, buffers.zero_points);
  std::vector<uint8_t> global(4);
  std::memcpy(global.data(), &buffers.global, 4);
  expect_equal(Part::GlobalScale, global);

  const SmallTensor& expected = tensors().at(golden.name + ".expected");
  std::vector<uint8_t> values(expected.bytes.size());
  decode(buffers.codec, buffers.source(), 36, values.data(), *dtype_named(expected.dtype));
  EXPECT_EQ(values, expected.bytes);
}

std::string title(const testing::TestParamInfo<Golden>& info) {
  std::string name = info.param.name;
  for (char& c : name)
    if (c == '.') c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(CompressedTensors, Goldens, testing::ValuesIn(goldens()), title);

}  // namespace
}  // namespace lcr::tests
