#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "backend/formats/bits.h"
#include "backend/formats/quantize.h"

// Rate of each format on one core, in bytes of bf16 input a second, beside that of a kernel that reads the same input and
// writes as many bytes.
namespace lcr {
namespace {

constexpr int64_t rows = 1024, columns = 4096;

const std::vector<uint16_t>& input() {
  static const std::vector<uint16_t> values = [] {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0.f, 0.02f);
    std::vector<uint16_t> out;
    for (int64_t i = 0; i < rows * columns; ++i) out.push_back(bits::to_bf16(normal(random)));
    return out;
  }();
  return values;
}

Precision precision_of(Format format, Container container = Container::None) {
  Precision precision;
  precision.weights = format;
  precision.container = container;
  return precision;
}

Format integer(int bits, Per per, int64_t group, bool symmetric = true) {
  Format format;
  format.bits = bits;
  format.per = per;
  format.group = group;
  format.symmetric = symmetric;
  return format;
}

Format small_float(Element element, Per per, int64_t group, ScaleType scale, bool global = false) {
  Format format;
  format.element = element;
  format.bits = element == Element::Fp4 ? 4 : 8;
  format.per = per;
  format.group = group;
  format.scale = scale;
  format.global = global;
  return format;
}

void quantize_rows(benchmark::State& state, const Precision& precision, const Observer& observer) {
  const Quantizer quantizer = make_quantizer(precision, observer, rows, columns, Dtype::BF16);
  const Encoding encoding = plan_encoding(precision, rows, columns, Dtype::BF16);
  const auto buffer = [&](Part part) {
    const EncodedTensor* tensor = encoding.find(part);
    return std::vector<char>(static_cast<size_t>(tensor ? tensor->bytes() : 0));
  };
  std::vector<char> codes = buffer(Part::Codes), scales = buffer(Part::Scales), zero_points = buffer(Part::ZeroPoints);
  const WeightRows weight{input().data(), Dtype::BF16, rows, columns, columns};
  const WeightRange range = observe(weight, 0);
  const EncodedRows out{codes.data(), scales.data(), zero_points.data(),
                        quantizer.codec.global ? global_scale(range.absmax()) : 1.f};
  for (auto _ : state) {
    if (quantizer.codec.two_passes()) benchmark::DoNotOptimize(observe(weight, 0));
    benchmark::DoNotOptimize(quantize(quantizer, weight, 0, {range.low, range.high}, out));
  }
  state.SetBytesProcessed(state.iterations() * rows * columns * 2);
}

void copy_rows(benchmark::State& state, int64_t out_bytes) {
  std::vector<char> out(static_cast<size_t>(rows * out_bytes));
  for (auto _ : state) {
    for (int64_t row = 0; row < rows; ++row)
      kernels().copy(input().data() + row * columns, columns * 2, out.data() + row * out_bytes, out_bytes);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * rows * columns * 2);
}

void add(const std::string& name, const Precision& precision, const Observer& observer = {}) {
  benchmark::RegisterBenchmark(name.c_str(), quantize_rows, precision, observer);
}

}  // namespace

void add_all() {
  benchmark::RegisterBenchmark("copy to 4 bits", copy_rows, columns / 2);
  benchmark::RegisterBenchmark("copy to 8 bits", copy_rows, columns);
  add("W4A16 group 128", precision_of(integer(4, Per::Group, 128)));
  add("W4A16 asymmetric group 128", precision_of(integer(4, Per::Group, 128, false)));
  add("W3A16 group 128", precision_of(integer(3, Per::Group, 128)));
  add("W8A16 group 128", precision_of(integer(8, Per::Group, 128)));
  add("W8A8 channel", precision_of(integer(8, Per::Channel, 0), Container::Bytes));
  add("FP8 channel", precision_of(small_float(Element::Fp8, Per::Channel, 0, ScaleType::Model)));
  add("FP8 tensor", precision_of(small_float(Element::Fp8, Per::Tensor, 0, ScaleType::Model)));
  Format block = small_float(Element::Fp8, Per::Block, 0, ScaleType::Model);
  block.block_rows = block.block_columns = 128;
  add("FP8 block 128x128", precision_of(block));
  const Precision nvfp4 = precision_of(small_float(Element::Fp4, Per::Group, 16, ScaleType::E4M3, true));
  add("NVFP4", nvfp4);
  Observer observer;
  observer.name = "four_over_six";
  add("NVFP4 four_over_six", nvfp4, observer);
  add("MXFP4", precision_of(small_float(Element::Fp4, Per::Group, 32, ScaleType::E8M0)));
  add("MXFP8", precision_of(small_float(Element::Fp8, Per::Group, 32, ScaleType::E8M0)));
  observer.name = "mse";
  add("W4A16 group 128 mse", precision_of(integer(4, Per::Group, 128)), observer);
}

}  // namespace lcr

int main(int argc, char** argv) {
  lcr::add_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
