#include "compiler/facts/channels.h"

#include <gtest/gtest.h>

namespace lcr {
namespace {

TEST(Channels, TiesCarryPowers) {
  Channels channels;
  channels.add(4);
  channels.tie(1, 0, 2.0);
  channels.tie(2, 1, 3.0);
  auto [root, power] = channels.find(2);
  auto [same, own] = channels.find(0);
  EXPECT_EQ(root, same);
  EXPECT_DOUBLE_EQ(power / own, 6.0);
  EXPECT_NE(channels.find(3).first, root);
}

TEST(Channels, TwoPowersOfOneScaleLeaveNone) {
  Channels channels;
  channels.add(2);
  channels.tie(0, 1, 2.0);
  EXPECT_FALSE(channels.rigid(0));
  channels.tie(0, 1, 2.0);
  EXPECT_FALSE(channels.rigid(0));
  channels.tie(0, 1, 1.0);
  EXPECT_TRUE(channels.rigid(1));
}

TEST(Channels, AClassKeepsItsFirstReason) {
  Channels channels;
  channels.add(3);
  channels.fix(0, "a norm reads it");
  channels.tie(0, 1);
  channels.fix(2, "it is the output");
  channels.tie(2, 1);
  EXPECT_EQ(*channels.reason(2), "a norm reads it");
  EXPECT_EQ(*channels.reason(1), "a norm reads it");
}

}  // namespace
}  // namespace lcr
