#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "backend/formats/kernels.h"
#include "backend/formats/strip.h"
#include "precisions.h"
#include "reference.h"

namespace lcr {
namespace {

std::vector<uint32_t> words(const std::vector<int>& values, int bits) {
  std::vector<uint8_t> codes;
  for (int value : values) codes.push_back(static_cast<uint8_t>(value + (1 << (bits - 1))));
  std::vector<uint32_t> out((values.size() * static_cast<size_t>(bits) + 31) / 32, 0xAAAAAAAAu);
  kernels().pack(codes.data(), static_cast<int64_t>(codes.size()), bits, reinterpret_cast<uint8_t*>(out.data()),
                 static_cast<int64_t>(out.size() * 4));
  return out;
}

using Words = std::vector<uint32_t>;

TEST(Pack, WorkedExamples) {
  EXPECT_EQ(words({1, 2, 3, 4, 5, 6, 7, 0}, 4), (Words{0x8FEDCBA9u}));
  EXPECT_EQ(words({-1, -2, -3, -4, -5, -6, -7, -8}, 4), (Words{0x01234567u}));
  EXPECT_EQ(words({1, 2, 3, 4, 5, 6, 7, 0, -8, 7}, 4), (Words{0x8FEDCBA9u, 0x000000F0u}));
  EXPECT_EQ(words({1, 2}, 8), (Words{0x00008281u}));
  EXPECT_EQ(words({1, -1, 127, -128}, 8), (Words{0x00FF7F81u}));
  EXPECT_EQ(words({-2, -1, 0, 1, -2, -1, 0, 1, -2, -1, 0, 1, -2, -1, 0, 1}, 2), (Words{0xE4E4E4E4u}));
  std::vector<int> threes;
  for (int j = 0; j < 32; ++j) threes.push_back(-4 + j % 8);
  EXPECT_EQ(words(threes, 3), (Words{0x88FAC688u, 0xC688FAC6u, 0xFAC688FAu}));
  threes.resize(11);
  EXPECT_EQ(words(threes, 3), (Words{0x88FAC688u, 0x00000000u}));
}

// A column of zero points, packed along the rows.
Words packed_column(const std::vector<int8_t>& zero_points) {
  const Precision precision = tests::weights(tests::integer(4, Per::Channel, 0, false));
  const Codec codec = codec_of(precision, static_cast<int64_t>(zero_points.size()), 64, Dtype::BF16);
  Words out((zero_points.size() * 4 + 31) / 32);
  store_zero_points(codec, zero_points.data(), static_cast<int64_t>(zero_points.size()), out.data());
  std::vector<int8_t> back(zero_points.size());
  load_zero_points(codec, out.data(), static_cast<int64_t>(back.size()), back.data());
  EXPECT_EQ(back, zero_points);
  return out;
}

TEST(Pack, ZeroPointsAlongTheRows) {
  EXPECT_EQ(packed_column({-8, -7, -6, -5, -4, -3, -2, -1}), (Words{0x76543210u}));
  EXPECT_EQ(packed_column({0, 1, 2, 3, 4, 5, 6, 7}), (Words{0xFEDCBA98u}));
  EXPECT_EQ(packed_column({-8, -7, -6, -5, -4, -3, -2, -1, 0, 1}), (Words{0x76543210u, 0x00000098u}));
}

TEST(Pack, EveryWidthAndLengthOnEveryInstructionSet) {
  std::mt19937 random(2);
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    const Kernels* set = kernels_named(name);
    if (!set) continue;
    for (int bits = 1; bits <= 8; ++bits)
      for (int64_t count = 1; count < 140; ++count) {
        std::vector<uint8_t> codes(static_cast<size_t>(count)), back(static_cast<size_t>(count));
        for (uint8_t& code : codes) code = static_cast<uint8_t>(random() % (1u << bits));
        const int64_t bytes = (count * bits + 31) / 32 * 4;
        std::vector<uint8_t> out(static_cast<size_t>(bytes), 0xAA);
        set->pack(codes.data(), count, bits, out.data(), bytes);
        EXPECT_EQ(out, reference::packed({codes.begin(), codes.end()}, bits, bytes)) << name << " " << bits << " " << count;
        set->unpack(out.data(), count, bits, back.data());
        EXPECT_EQ(back, codes);
      }
  }
}

}  // namespace
}  // namespace lcr
