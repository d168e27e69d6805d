#include "precisions.h"

namespace lcr::tests {

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  const auto add = [&](std::string name, Format format, Container container = Container::None, Observer observer = {}) {
    cases.push_back({std::move(name), weights(format, container), std::move(observer)});
  };
  for (int bits = 1; bits <= 8; ++bits)
    for (bool symmetric : {true, false})
      for (Per per : {Per::Tensor, Per::Channel, Per::Group}) {
        const Format format = integer(bits, per, per == Per::Group ? 64 : 0, symmetric);
        const std::string name = "int" + std::to_string(bits) + (symmetric ? "_symmetric_" : "_asymmetric_") +
                                 (per == Per::Tensor ? "tensor" : per == Per::Channel ? "channel" : "group");
        add(name, format);
        add(name + "_bytes", format, Container::Bytes);
      }
  Format block = fp8(Per::Block);
  block.block_rows = 32;
  block.block_columns = 48;
  add("fp8_block", block);
  Format integer_block = integer(8, Per::Block, 0, false);
  integer_block.block_rows = 32;
  integer_block.block_columns = 48;
  add("int8_block", integer_block, Container::Bytes);
  add("int8_block_packed", integer_block);
  add("fp8_tensor", fp8(Per::Tensor));
  add("fp8_channel", fp8(Per::Channel));
  Format fp8_group = fp8(Per::Group);
  fp8_group.group = 32;
  add("fp8_group", fp8_group);
  for (ScaleType scale : {ScaleType::F32, ScaleType::F16, ScaleType::BF16}) {
    Format format = integer(4, Per::Group, 16, scale == ScaleType::F16);
    format.scale = scale;
    add("int4_scale" + std::to_string(static_cast<int>(scale)), format);
    Format channel = fp8(Per::Channel);
    channel.scale = scale;
    add("fp8_scale" + std::to_string(static_cast<int>(scale)), channel);
  }
  for (const char* exponent : {"floor", "nearest", "ceil"}) {
    Observer observer;
    observer.exponent = exponent;
    add(std::string("mxfp4_") + exponent, mx(Element::Fp4), Container::None, observer);
    add(std::string("mxfp8_") + exponent, mx(Element::Fp8), Container::None, observer);
  }
  add("nvfp4", nvfp4());
  Observer four_over_six;
  four_over_six.name = "four_over_six";
  add("nvfp4_four_over_six", nvfp4(), Container::None, four_over_six);
  return cases;
}

}  // namespace lcr::tests
