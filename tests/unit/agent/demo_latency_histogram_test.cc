// SPDX-License-Identifier: Apache-2.0
// Goal: quantiles are never below the true one, and at most 1/32 above it.
// Method: known sets of latencies, from a microsecond to an hour.
#include "agent/demo/latency_histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace loadline::demo {
namespace {

using std::chrono::microseconds;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

TEST(LatencyHistogramTest, EmptyHasNoLatency) {
  EXPECT_EQ(LatencyHistogram().Quantile(0.99), Clock::Duration::zero());
}

TEST(LatencyHistogramTest, EachLatencyComesBackAtMostAThirtySecondTooLong) {
  for (std::int64_t us = 1; us < microseconds(1h).count(); us = us * 5 / 4 + 1) {
    LatencyHistogram histogram;
    histogram.Add(microseconds{us});
    const auto found = std::chrono::duration_cast<microseconds>(histogram.Quantile(0.5)).count();
    EXPECT_THAT(found, AllOf(Ge(us), Le(us + us / 32 + 1)));
  }
}

TEST(LatencyHistogramTest, TellsTheOneSlowRequestInAHundredFromTheOthers) {
  LatencyHistogram histogram;
  for (int i = 0; i < 98; ++i) {
    histogram.Add(3ms);
  }
  histogram.Add(2s);
  histogram.Add(2s);
  EXPECT_LE(histogram.Quantile(0.98), 4ms);
  EXPECT_GE(histogram.Quantile(0.99), 2s);
  EXPECT_EQ(histogram.count(), 100);
}

TEST(LatencyHistogramTest, WhatIsOutOfRangeCountsAtTheEnds) {
  LatencyHistogram histogram;
  histogram.Add(-5us);
  histogram.Add(24h * 365);
  EXPECT_EQ(histogram.Quantile(0.5), Clock::Duration::zero());
  EXPECT_GE(histogram.Quantile(1.0), 1h);
}

}  // namespace
}  // namespace loadline::demo
