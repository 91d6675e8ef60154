// SPDX-License-Identifier: Apache-2.0
// Goal: quantiles are never below the true one, and at most 1/128 above it.
// Method: known sets of latencies, from a microsecond to an hour.
#include "loadline/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

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

std::int64_t Ns(std::chrono::nanoseconds time) { return time.count(); }

TEST(LatencyHistogramTest, EmptyHasNoLatency) { EXPECT_EQ(Histogram().QuantileAtMost(0.99), 0); }

TEST(LatencyHistogramTest, EachLatencyComesBackAtMostAThirtySecondTooLong) {
  for (std::int64_t us = 1; us < microseconds(1h).count(); us = us * 5 / 4 + 1) {
    Histogram histogram;
    histogram.Add(us * 1000);
    const std::int64_t found = histogram.QuantileAtMost(0.5);
    EXPECT_THAT(found, AllOf(Ge(us * 1000), Le((us + us / 128 + 1) * 1000)));
  }
}

TEST(LatencyHistogramTest, TellsTheOneSlowRequestInAHundredFromTheOthers) {
  Histogram histogram;
  for (int i = 0; i < 98; ++i) {
    histogram.Add(Ns(3ms));
  }
  histogram.Add(Ns(2s));
  histogram.Add(Ns(2s));
  EXPECT_LE(histogram.QuantileAtMost(0.98), Ns(4ms));
  EXPECT_GE(histogram.QuantileAtMost(0.99), Ns(2s));
  EXPECT_EQ(histogram.count(), 100);
}

TEST(LatencyHistogramTest, WhatIsOutOfRangeCountsAtTheEnds) {
  Histogram histogram;
  histogram.Add(Ns(-5us));
  histogram.Add(Ns(24h * 365));
  EXPECT_LE(histogram.QuantileAtMost(0.5), Ns(1us) * 129 / 128);
  EXPECT_GE(histogram.QuantileAtMost(1.0), Ns(1h));
}

}  // namespace
}  // namespace loadline::demo
