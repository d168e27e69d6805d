#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "buffers.h"
#include "precisions.h"

// Worked examples of the formats, by hand.
namespace lcr::tests {
namespace {

std::vector<uint8_t> bytes(std::initializer_list<int> values) { return {values.begin(), values.end()}; }

TEST(Examples, Nvfp4) {
  std::vector<float> w = {0.30f, -0.15f, 0.10f, 0.02f, -0.01f, 0.05f, 0.f, 0.2f,
                          -0.3f, 0.25f,  0.12f, -0.07f, 0.03f, -0.04f, 0.22f, 0.18f};
  w.resize(32);
  w[16] = 0.5f;  // the largest of the tensor
  const StoredWeight weight = stored({1, 32, w}, Dtype::F32);
  const Buffers buffers = quantized(weights(nvfp4()), {}, weight, Dtype::F32);
  EXPECT_EQ(buffers.global, 5376.f);
  EXPECT_EQ(buffers.scales[0], 0x78);
  const std::vector<uint8_t> codes(buffers.codes.begin(), buffers.codes.begin() + 8);
  EXPECT_EQ(codes, bytes({0xD7, 0x14, 0x28, 0x60, 0x7F, 0xB5, 0xA1, 0x66}));
  const std::vector<float> values = decoded(buffers);
  EXPECT_NEAR(values[0], 0.28571f, 1e-5);
  EXPECT_NEAR(values[1], -0.14286f, 1e-5);
  EXPECT_NEAR(values[2], 0.09524f, 1e-5);
  EXPECT_NEAR(values[3], 0.02381f, 1e-5);
}

TEST(Examples, Mxfp4) {
  std::vector<float> w(32);
  w[0] = 0.30f, w[1] = -0.15f, w[2] = 0.10f, w[3] = 0.02f;
  const Buffers buffers = quantized(weights(mx(Element::Fp4)), {}, stored({1, 32, w}, Dtype::F32), Dtype::F32);
  EXPECT_EQ(buffers.scales[0], 123);
  EXPECT_EQ(buffers.codes[0], 0xC6);
  EXPECT_EQ(buffers.codes[1], 0x13);
}

TEST(Examples, NibbleOrder) {
  const Codec codec = mxfp4_blocks_codec(1, 32);
  std::vector<uint8_t> codes(16), scales = {127};
  const std::vector<uint8_t> first = bytes({0x21, 0x43, 0x0F, 0x58});
  std::copy(first.begin(), first.end(), codes.begin());
  float values[32];
  decode(codec, {codes.data(), scales.data()}, 1, values, Dtype::F32);
  const float expected[] = {0.5f, 1.f, 1.5f, 2.f, -6.f, 0.f, -0.f, 3.f};
  EXPECT_EQ(std::memcmp(values, expected, sizeof expected), 0);
}

TEST(Examples, SharedExponents) {
  struct Case {
    float absmax;
    int fp4, fp8;
  };
  for (const Case& c : {Case{1.f, 125, 119}, Case{1.74f, 125, 119}, Case{1.75f, 126, 120}, Case{3.4f, 126, 120},
                        Case{3.5f, 127, 121}, Case{0.0825f, 121, 115}, Case{5.69f, 127, 121}, Case{7.29f, 128, 122},
                        Case{9.85f, 128, 122}, Case{0.f, 0, 0}}) {
    std::vector<float> w(32);
    w[7] = -c.absmax;
    const StoredWeight weight = stored({1, 32, w}, Dtype::F32);
    EXPECT_EQ(quantized(weights(mx(Element::Fp4)), {}, weight, Dtype::F32).scales[0], c.fp4) << c.absmax;
    EXPECT_EQ(quantized(weights(mx(Element::Fp8)), {}, weight, Dtype::F32).scales[0], c.fp8) << c.absmax;
  }
}

TEST(Examples, AllZeroUnitsDecodeToZero) {
  const StoredWeight weight = stored({33, 64, std::vector<float>(33 * 64, 0.f)}, Dtype::BF16);
  for (const Case& c : all_cases()) {
    if (c.precision.weights->per == Per::Group && 64 % c.precision.weights->group != 0) continue;
    for (float value : decoded(quantized(c.precision, c.observer, weight, Dtype::BF16))) ASSERT_EQ(value, 0.f) << c.name;
  }
}

TEST(Examples, GlobalScale) {
  EXPECT_EQ(global_scale(0.5f), 5376.f);
  EXPECT_EQ(global_scale(0.f), 1.f);
  EXPECT_EQ(global_scale(1e-40f), 1.f);
  EXPECT_EQ(global_scale(INFINITY), 0.f);
}

TEST(Examples, Fp8BlocksOfAnotherProducer) {
  const Codec codec = fp8_block_codec(3, 5, 2, 4, Dtype::F32);
  std::vector<uint8_t> codes(15, 0x38);  // 1.0
  const std::vector<float> scales = {1.f, 2.f, 3.f, 4.f};
  std::vector<float> values(15);
  decode(codec, {codes.data(), scales.data()}, 3, values.data(), Dtype::F32);
  EXPECT_EQ(values, (std::vector<float>{1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 3, 3, 3, 3, 4}));
}

}  // namespace
}  // namespace lcr::tests
