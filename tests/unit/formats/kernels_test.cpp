#include "backend/formats/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "backend/formats/bits.h"

// Every instruction set must give the bits of the baseline, which divides.
namespace lcr {
namespace {

std::vector<const Kernels*> sets() {
  std::vector<const Kernels*> all;
  for (const char* name : {"avx2", "avx512"})
    if (const Kernels* set = kernels_named(name)) all.push_back(set);
  return all;
}

const Kernels& baseline() { return *kernels_named("baseline"); }

CodeRule rule_of(Element element, bool short_scales, int offset) {
  CodeRule rule;
  rule.element = element;
  rule.short_scales = short_scales;
  rule.offset = offset;
  rule.lowest = -128;
  rule.highest = 127;
  return rule;
}

template <class Bits>
void expect_same_codes(const CodeRule& rule, Dtype dtype, const std::vector<Bits>& x, const std::vector<float>& scales) {
  const int64_t unit = static_cast<int64_t>(x.size() / scales.size()), units = static_cast<int64_t>(scales.size());
  std::vector<int8_t> zero_points;
  for (int64_t i = 0; i < units; ++i) zero_points.push_back(static_cast<int8_t>(i * 37 % 255 - 127));
  const bool nibbles = rule.element == Element::Fp4;
  for (const Kernels* set : sets())
    for (const int8_t* zeros : {static_cast<const int8_t*>(nullptr), static_cast<const int8_t*>(zero_points.data())}) {
      if (zeros && rule.element != Element::Int) continue;
      std::vector<uint8_t> expected(x.size()), codes(x.size());
      (nibbles ? baseline().encode_nibbles : baseline().encode)(rule, x.data(), dtype, units, unit, scales.data(), zeros,
                                                                expected.data());
      (nibbles ? set->encode_nibbles : set->encode)(rule, x.data(), dtype, units, unit, scales.data(), zeros, codes.data());
      ASSERT_EQ(std::memcmp(expected.data(), codes.data(), codes.size()), 0)
          << set->name << ", element " << static_cast<int>(rule.element) << (zeros ? ", zero points" : "");
    }
}

// All pairs of significands, at quotients from far below one code to far above the largest.
TEST(Kernels, CodesOfAllBf16QuotientsAreThoseOfTheDivision) {
  for (int exponent = -12; exponent <= 9; ++exponent) {
    std::vector<uint16_t> x;
    std::vector<float> scales;
    for (int b = 128; b < 256; ++b) {
      scales.push_back(std::ldexp(static_cast<float>(b), -13));
      for (int a = 128; a < 256; ++a)
        for (float sign : {1.f, -1.f}) x.push_back(bits::to_bf16(sign * std::ldexp(static_cast<float>(a), exponent - 13)));
    }
    for (Element element : {Element::Int, Element::Fp8, Element::Fp4})
      for (int offset : {0, 128}) expect_same_codes(rule_of(element, true, offset), Dtype::BF16, x, scales);
  }
}

// Scales of any significand, and inputs next to the ties.
TEST(Kernels, CodesNearTiesAreThoseOfTheDivision) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> mantissa(1.f, 2.f);
  const float ties[] = {0.25f, 0.5f, 0.75f, 1.25f, 1.5f, 1.75f, 2.5f, 3.5f, 5.f, 7.5f, 104.f, 126.5f, 232.f, 0.0009765625f};
  for (int round = 0; round < 50; ++round) {
    std::vector<uint32_t> wide;
    std::vector<uint16_t> halves;
    std::vector<float> scales;
    for (int unit = 0; unit < 64; ++unit) {
      const float scale = mantissa(random) * std::ldexp(1.f, static_cast<int>(random() % 40) - 30);
      scales.push_back(scale);
      for (int i = 0; i < 16; ++i) {
        float x = ties[random() % std::size(ties)] * scale;
        for (int step = static_cast<int>(random() % 5) - 2; step != 0; step -= step > 0 ? 1 : -1)
          x = std::nextafter(x, step > 0 ? 1e30f : -1e30f);
        wide.push_back(bits::of_float(random() % 2 ? x : -x));
        halves.push_back(bits::to_bf16(x));
      }
    }
    for (Element element : {Element::Int, Element::Fp8, Element::Fp4}) {
      expect_same_codes(rule_of(element, false, 0), Dtype::F32, wide, scales);
      expect_same_codes(rule_of(element, false, 128), Dtype::BF16, halves, scales);
      std::vector<float> powers;
      for (float scale : scales) powers.push_back(std::ldexp(1.f, std::ilogb(scale)));
      CodeRule rule = rule_of(element, false, 0);
      rule.power_scales = true;
      expect_same_codes(rule, Dtype::F32, wide, powers);
    }
  }
}

// Scales at the ends of fp32, where the kernels divide after all.
TEST(Kernels, ExtremeScales) {
  std::vector<uint16_t> x;
  std::vector<float> scales;
  for (float scale : {0x1p-140f, 0x1p-126f, 0x1.8p-61f, 0x1p-60f, 0x1p60f, 0x1.8p61f, 0x1p127f}) {
    scales.push_back(scale);
    for (int i = 0; i < 16; ++i) x.push_back(bits::to_bf16(scale * static_cast<float>(i - 8) * 0.75f));
  }
  for (Element element : {Element::Int, Element::Fp8, Element::Fp4})
    expect_same_codes(rule_of(element, true, 0), Dtype::BF16, x, scales);
}

TEST(Kernels, ScalesSumsAndTrialsHaveTheSameBits) {
  std::mt19937 random(4);
  std::normal_distribution<float> normal;
  for (int64_t count : {1, 15, 16, 17, 100, 513}) {
    std::vector<float> x, y, high, low;
    for (int64_t i = 0; i < count; ++i) {
      x.push_back(normal(random));
      y.push_back(x.back() + 0.1f * normal(random));
      high.push_back(std::fabs(normal(random)) * std::ldexp(1.f, static_cast<int>(random() % 60) - 30));
      low.push_back(-std::fabs(normal(random)) * high.back());
    }
    high[0] = 0;
    low[0] = 0;
    for (const Kernels* set : sets()) {
      for (Dtype stored : {Dtype::BF16, Dtype::F16, Dtype::F32, Dtype::F8E4M3, Dtype::U8}) {
        ScaleRule rule;
        rule.stored = stored;
        rule.divisor = 7.5f;
        rule.global = 3.f;
        rule.exponent_shift = 2;
        rule.exponent_carry = 0x200000u;
        std::vector<uint8_t> a(static_cast<size_t>(count * 4)), b(a);
        std::vector<float> c(static_cast<size_t>(count)), d(c);
        baseline().symmetric_scales(rule, high.data(), count, a.data());
        set->symmetric_scales(rule, high.data(), count, b.data());
        EXPECT_EQ(a, b);
        baseline().load_scales(stored, a.data(), count, 3.f, c.data());
        set->load_scales(stored, a.data(), count, 3.f, d.data());
        EXPECT_EQ(std::memcmp(c.data(), d.data(), c.size() * 4), 0);
        if (size_of(stored) == 1) continue;
        std::vector<int8_t> zeros(static_cast<size_t>(count)), others(zeros);
        baseline().asymmetric_scales(rule, low.data(), high.data(), count, a.data(), zeros.data());
        set->asymmetric_scales(rule, low.data(), high.data(), count, b.data(), others.data());
        EXPECT_EQ(a, b);
        EXPECT_EQ(zeros, others);
      }
      double errors[2], signals[2];
      baseline().square_sums(x.data(), y.data(), count, &errors[0], &signals[0]);
      set->square_sums(x.data(), y.data(), count, &errors[1], &signals[1]);
      EXPECT_EQ(errors[0], errors[1]);
      EXPECT_EQ(signals[0], signals[1]);
      for (Element element : {Element::Int, Element::Fp8, Element::Fp4})
        for (float norm : {2.f, 2.4f}) {
          const CodeRule rule = rule_of(element, true, 0);
          EXPECT_EQ(baseline().trial_error(rule, x.data(), count, 0.03f, 5.f, 0.5f, norm),
                    set->trial_error(rule, x.data(), count, 0.03f, 5.f, 0.5f, norm));
        }
    }
  }
}

}  // namespace
}  // namespace lcr
