#include "backend/algorithms/reap.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace lcr::tests {
namespace {

using Experts = std::vector<int64_t>;

TEST(Reap, DropsTheLeastSalientInOrderOfTheirIndex) {
  at::Tensor saliency = at::tensor({0.5, 0.1, 0.9, 0.0, 0.3, 0.2}, at::kDouble);
  EXPECT_EQ(experts_to_drop(saliency, 0.5, 1), (Experts{1, 3, 5}));
  EXPECT_EQ(experts_to_drop(saliency, 0.49, 1), (Experts{1, 3}));
  EXPECT_EQ(experts_to_drop(saliency, 0.0, 1), Experts{});
}

TEST(Reap, EqualOnesGoFromTheFirst) {
  EXPECT_EQ(experts_to_drop(at::zeros({8}, at::kDouble), 0.25, 0), (Experts{0, 1}));
}

TEST(Reap, GroupsLoseEquallyMany) {
  at::Tensor saliency = at::tensor({0.1, 0.2, 0.3, 0.4, 9.0, 8.0, 7.0, 6.0}, at::kDouble);
  EXPECT_EQ(experts_to_drop(saliency, 0.25, 2), (Experts{0, 7}));
  EXPECT_EQ(experts_to_drop(saliency, 0.5, 2), (Experts{0, 1, 6, 7}));
}

}  // namespace
}  // namespace lcr::tests
