// SPDX-License-Identifier: Apache-2.0
// Goal: the functions that must not differ between machines are right.
// Method: against the C library, over their ranges.
#include "exact_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace loadline::control {
namespace {

TEST(ExactMathTest, Exp2IsRight) {
  for (double x = -60; x < 60; x += 0.137) {
    EXPECT_NEAR(Exp2(x) / std::exp2(x), 1, 1e-13) << x;
  }
  EXPECT_EQ(Exp2(0), 1);
  EXPECT_EQ(Exp2(10), 1024);
  EXPECT_EQ(Exp2(std::nan("")), 1);
  EXPECT_TRUE(std::isfinite(Exp2(1e300)));
}

TEST(ExactMathTest, LnIsRight) {
  for (double x = 1e-12; x < 1e12; x *= 1.37) {
    EXPECT_NEAR(Ln(x), std::log(x), 1e-13 * (1 + std::abs(std::log(x)))) << x;
  }
  EXPECT_EQ(Ln(1), 0);
  EXPECT_TRUE(std::isfinite(Ln(0)));
  EXPECT_TRUE(std::isfinite(Ln(-1)));
  EXPECT_TRUE(std::isfinite(Ln(std::nan(""))));
  EXPECT_TRUE(std::isfinite(Ln(std::numeric_limits<double>::infinity())));
}

}  // namespace
}  // namespace loadline::control
