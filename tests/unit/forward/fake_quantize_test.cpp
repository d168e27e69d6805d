#include "backend/forward/fake_quantize.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace lcr {
namespace {

// Two rows of 32 that grow: sin(0.37 i) times 0.1 … 3.
at::Tensor rows() {
  return (at::sin(at::arange(64, at::kFloat) * 0.37) * at::linspace(0.1, 3, 64, at::kFloat)).view({2, 32});
}

// Some elements and the sum of what compressed-tensors 0.19 gives for these rows.
void expect_values(const Format& format, const ActivationScales& scales, std::vector<double> some, double sum) {
  at::Tensor y = fake_quantize(rows(), format, scales).flatten();
  const int64_t places[] = {3, 17, 30, 40, 55, 63};
  for (size_t i = 0; i < some.size(); ++i) EXPECT_NEAR(y[places[i]].item<double>(), some[i], 2e-6) << places[i];
  EXPECT_NEAR(y.to(at::kDouble).sum().item<double>(), sum, 1e-5);
}

Format dynamic(Element element, int bits, Per per, int64_t group = 0) {
  Format format;
  format.element = element;
  format.bits = bits;
  format.per = per;
  format.group = group;
  format.dynamic = true;
  return format;
}

TEST(FakeQuantize, IntegersPerToken) {
  Format format = dynamic(Element::Int, 8, Per::Token);
  expect_values(format, {}, {0.2079367, 0.01155204, -1.478661, 1.5267, 2.620456, -2.916681}, 0.4766607750207186);
  format.bits = 4;
  expect_values(format, {}, {0.1963847, 0.0, -1.571077, 1.549487, 2.711602, -3.098974}, 0.5405749082565308);
}

TEST(FakeQuantize, AsymmetricIntegersPerToken) {
  Format format = dynamic(Element::Int, 8, Per::Token);
  format.symmetric = false;
  expect_values(format, {}, {0.2092077, 0.009962274, -1.474416, 1.539871, 2.624288, -2.906236}, 0.5012778006494045);
}

TEST(FakeQuantize, IntegersPerTensor) {
  expect_values(dynamic(Element::Int, 8, Per::Tensor), {},
                {0.2050791, 0.0, -1.481127, 1.5267, 2.620456, -2.916681}, 0.47851823829114437);
}

// One scale a head, stored as [heads, 1, 1], is the tensor's scale for that head alone.
TEST(FakeQuantize, HeadsByThemselves) {
  at::Tensor x = rows().view({2, 4, 8}), stored = at::tensor({0.1f, 0.2f, 0.3f, 0.05f}).view({4, 1, 1});
  Format head = dynamic(Element::Int, 8, Per::Head), tensor = head;
  tensor.per = Per::Tensor;
  at::Tensor run_time = fake_quantize(x, head, {});
  head.dynamic = tensor.dynamic = false;
  at::Tensor y = fake_quantize(x, head, {stored, {}, {}});
  EXPECT_EQ(y.sizes(), x.sizes());
  for (int64_t h = 0; h < 4; ++h) {
    at::Tensor part = x.select(1, h);
    EXPECT_TRUE(y.select(1, h).equal(fake_quantize(part, tensor, {stored[h].flatten(), {}, {}})));
    Format alone = tensor;
    alone.dynamic = true;
    EXPECT_TRUE(run_time.select(1, h).equal(fake_quantize(part, alone, {})));
  }
}

TEST(FakeQuantize, Fp8) {
  expect_values(dynamic(Element::Fp8, 8, Per::Token), {},
                {0.2104121, 0.006164419, -1.472885, 1.556404, 2.697767, -2.905288}, 0.5736687611788511);
  expect_values(dynamic(Element::Fp8, 8, Per::Group, 16), {},
                {0.2234212, 0.006164419, -1.472885, 1.606787, 2.697767, -2.905288}, 0.2682116702198982);
}

TEST(FakeQuantize, Nvfp4UnderAGlobalScale) {
  Format format = dynamic(Element::Fp4, 4, Per::Group, 16);
  format.scale = ScaleType::E4M3;
  format.global = true;
  ActivationScales scales;
  scales.global_scale = at::full({1}, 2688.0f / 3.0f);
  expect_values(format, scales, {0.2321429, 0.0, -1.5, 1.428571, 3.0, -3.0}, 2.6250001564621925);
}

TEST(FakeQuantize, Microscaling) {
  Format format = dynamic(Element::Fp4, 4, Per::Group, 32);
  format.scale = ScaleType::E8M0;
  expect_values(format, {}, {0.25, 0.0, -1.5, 1.5, 3.0, -3.0}, 1.875);
  format.element = Element::Fp8;
  format.bits = 8;
  expect_values(format, {}, {0.21875, 0.005859375, -1.5, 1.5, 2.75, -3.0}, 0.595703125);
}

TEST(FakeQuantize, StaticScales) {
  Format format = dynamic(Element::Int, 8, Per::Tensor);
  format.dynamic = false;
  ActivationScales scales;
  scales.scale = at::full({1}, 0.02f);
  expect_values(format, scales, {0.22, 0.0, -1.48, 1.54, 2.54, -2.56}, 0.7199998684227467);
  format.symmetric = false;
  scales.zero_point = at::full({1}, 5, at::kChar);
  expect_values(format, scales, {0.22, 0.0, -1.48, 1.54, 2.44, -2.66}, 0.4200001545250416);
  format = dynamic(Element::Fp8, 8, Per::Tensor);
  format.dynamic = false;
  scales = {};
  scales.scale = at::full({1}, 0.005f);
  expect_values(format, scales, {0.22, 0.00625, -1.44, 1.6, 2.24, -2.24}, 0.5437500961124897);
}

TEST(FakeQuantize, RowsOfZerosStayZero) {
  for (bool symmetric : {true, false}) {
    Format format = dynamic(Element::Int, 8, Per::Token);
    format.symmetric = symmetric;
    at::Tensor y = fake_quantize(at::zeros({2, 8}), format, {});
    EXPECT_EQ(y.abs().max().item<float>(), 0);
  }
}

}  // namespace
}  // namespace lcr
