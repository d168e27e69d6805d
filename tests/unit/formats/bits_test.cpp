#include "backend/formats/bits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "reference.h"

namespace lcr {
namespace {

TEST(Bits, EveryE4m3CodeRoundTrips) {
  for (int code = 0; code < 256; ++code) {
    const float value = bits::from_e4m3(static_cast<uint8_t>(code));
    if ((code & 0x7F) == 0x7F) {
      EXPECT_TRUE(std::isnan(value));
      continue;
    }
    EXPECT_EQ(value, reference::value_e4m3(static_cast<uint8_t>(code)));
    EXPECT_EQ(std::signbit(value), code >= 128);
    EXPECT_EQ(bits::to_e4m3(value), code);
  }
}

TEST(Bits, E4m3RoundsToNearestEvenAndSaturates) {
  for (int code = 0; code < 0x7E; ++code) {
    const float a = bits::from_e4m3(static_cast<uint8_t>(code)), b = bits::from_e4m3(static_cast<uint8_t>(code + 1));
    const float middle = (a + b) / 2;
    EXPECT_EQ(bits::to_e4m3(middle), code % 2 == 0 ? code : code + 1);
    EXPECT_EQ(bits::to_e4m3(std::nextafter(middle, 0.f)), code);
    EXPECT_EQ(bits::to_e4m3(std::nextafter(middle, 1e9f)), code + 1);
    EXPECT_EQ(bits::to_e4m3(-middle), 0x80 | bits::to_e4m3(middle));
  }
  EXPECT_EQ(bits::to_e4m3(1e30f), 0x7E);
  EXPECT_EQ(bits::to_e4m3(-1e30f), 0xFE);
  EXPECT_EQ(bits::to_e4m3(1e-40f), 0);
}

TEST(Bits, E2m1HasTheIntervalsOfTheFormat) {
  struct Case {
    float x;
    int code;
  };
  const Case cases[] = {{0, 0},     {0.25f, 0}, {0.26f, 1}, {0.74f, 1}, {0.75f, 2}, {1.25f, 2}, {1.26f, 3}, {1.74f, 3},
                        {1.75f, 4}, {2.5f, 4},  {2.51f, 5}, {3.49f, 5}, {3.5f, 6},  {5.f, 6},   {5.01f, 7}, {100.f, 7}};
  for (const Case& c : cases) {
    EXPECT_EQ(bits::to_e2m1(c.x), c.code) << c.x;
    EXPECT_EQ(bits::to_e2m1(-c.x), c.code | 8) << c.x;
  }
  for (int code = 0; code < 16; ++code) {
    EXPECT_EQ(bits::from_e2m1(static_cast<uint8_t>(code)), reference::value_e2m1(static_cast<uint8_t>(code)));
    EXPECT_EQ(bits::to_e2m1(bits::from_e2m1(static_cast<uint8_t>(code))), code);
  }
}

TEST(Bits, HalvesRoundTripAndRound) {
  for (int code = 0; code < 0x10000; ++code) {
    const uint16_t half = static_cast<uint16_t>(code);
    if ((code & 0x7C00) == 0x7C00) continue;
    const float value = bits::from_f16(half);
    EXPECT_EQ(value, reference::value_f16(half));
    EXPECT_EQ(bits::to_f16(value), half);
    if ((code & 0x7FFF) < 0x7BFF) {
      const float next = bits::from_f16(static_cast<uint16_t>(code + 1)), middle = (value + next) / 2;
      EXPECT_EQ(bits::to_f16(middle), code % 2 == 0 ? code : code + 1);
    }
  }
  EXPECT_TRUE(std::isinf(bits::from_f16(0x7C00)));
  EXPECT_TRUE(std::isnan(bits::from_f16(0x7C01)));
  EXPECT_EQ(bits::to_f16(65520.f), 0x7C00);
  EXPECT_EQ(bits::to_f16(65519.f), 0x7BFF);
  EXPECT_EQ(bits::to_bf16(1.00390625f), 0x3F80);
  EXPECT_EQ(bits::to_bf16(1.01171875f), 0x3F82);
  EXPECT_TRUE(std::isnan(bits::from_bf16(bits::to_bf16(std::nanf("")))));
}

TEST(Bits, RandomFloatsAgreeWithSearchedTables) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (int i = 0; i < 20000; ++i) {
    const float x = normal(random) * std::ldexp(1.f, static_cast<int>(random() % 24) - 14);
    EXPECT_EQ(bits::to_e4m3(x), reference::nearest_e4m3(x)) << x;
    EXPECT_EQ(bits::to_e2m1(x), reference::nearest_e2m1(x)) << x;
    EXPECT_EQ(bits::nearest_integer(x), static_cast<int>(std::nearbyint(x)));
  }
}

TEST(Bits, ExponentBytes) {
  EXPECT_EQ(bits::from_e8m0(127), 1.f);
  EXPECT_EQ(bits::from_e8m0(1), std::ldexp(1.f, -126));
  EXPECT_EQ(bits::from_e8m0(0), std::ldexp(1.f, -127));
  EXPECT_EQ(bits::from_e8m0(254), std::ldexp(1.f, 127));
}

}  // namespace
}  // namespace lcr
