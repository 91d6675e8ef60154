// SPDX-License-Identifier: Apache-2.0
// Goal: the layout that kernel and agent share is what it says, and what is read from it is right
// within its error. Method: properties at all edges and of random values against sorted ones.
#include "agent/src/sampler/latency_histogram.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

std::uint64_t LowNs(std::size_t bucket) {
  return ll_histogram_low_ns(static_cast<std::uint32_t>(bucket));
}

LatencyHistogram Of(const std::vector<std::uint64_t>& values_ns) {
  LatencyHistogram histogram;
  for (const std::uint64_t ns : values_ns) {
    histogram.Add(ll_histogram_bucket(ns), 1);
    histogram.AddTime(Clock::Duration{static_cast<Clock::Duration::rep>(ns)});
  }
  return histogram;
}

// Spread evenly over the powers of two, as waits are.
std::vector<std::uint64_t> RandomWaits(std::size_t count, double bits_min, double bits_max) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> bits(bits_min, bits_max);
  std::vector<std::uint64_t> values(count);
  std::ranges::generate(values,
                        [&] { return static_cast<std::uint64_t>(std::exp2(bits(random))); });
  return values;
}

TEST(HistogramLayoutTest, EachBucketBeginsAtItsLeastValueAndEndsBeforeTheNext) {
  for (std::size_t bucket = 0; bucket < LatencyHistogram::kBuckets; ++bucket) {
    EXPECT_EQ(ll_histogram_bucket(LowNs(bucket)), bucket);
    if (bucket > 0) {
      EXPECT_EQ(ll_histogram_bucket(LowNs(bucket) - 1), bucket - 1);
      EXPECT_GT(LowNs(bucket), LowNs(bucket - 1));
    }
  }
}

TEST(HistogramLayoutTest, CoversEverythingFromNothingToForever) {
  EXPECT_EQ(ll_histogram_bucket(0), 0);
  EXPECT_EQ(ll_histogram_bucket(1023), 0);
  EXPECT_EQ(ll_histogram_bucket(1024), 1);
  EXPECT_EQ(LowNs(LatencyHistogram::kBuckets - 1), std::uint64_t{1} << 36);
  EXPECT_EQ(ll_histogram_bucket(~std::uint64_t{0}), LatencyHistogram::kBuckets - 1);
}

TEST(HistogramLayoutTest, NoBucketIsWiderThanAnEighthOfItsLeastValue) {
  for (std::size_t bucket = 1; bucket + 1 < LatencyHistogram::kBuckets; ++bucket) {
    EXPECT_LE((LowNs(bucket + 1) - LowNs(bucket)) * 8, LowNs(bucket)) << bucket;
  }
}

TEST(HistogramLayoutTest, NoTwoHistogramsShareAnIndex) {
  std::vector<bool> taken(std::size_t{4} * 3 * LL_HISTOGRAM_KINDS);
  for (std::uint32_t cpu = 0; cpu < 4; ++cpu) {
    for (std::uint32_t pool = 0; pool < 3; ++pool) {
      for (std::uint32_t kind = 0; kind < LL_HISTOGRAM_KINDS; ++kind) {
        const std::size_t at = ll_histogram_index(cpu, 3, pool, kind);
        ASSERT_LT(at, taken.size());
        EXPECT_FALSE(taken[at]);
        taken[at] = true;
      }
    }
  }
}

TEST(LatencyHistogramTest, QuantilesAreWithinAnEighthOfAPowerOfTwo) {
  std::vector<std::uint64_t> values = RandomWaits(10'000, 10, 36);
  const LatencyHistogram histogram = Of(values);
  std::ranges::sort(values);
  for (const double q : {0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    const auto exact = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.Quantile(q).count()), exact, 0.0625 * exact + 1) << q;
  }
}

TEST(LatencyHistogramTest, AQuantileOfNothingIsNothing) {
  EXPECT_EQ(LatencyHistogram().Quantile(0.99), 0ns);
  EXPECT_EQ(LatencyHistogram().count(), 0);
}

TEST(LatencyHistogramTest, ClassicBucketsCountExactlyWhatIsBelowTheirBounds) {
  const std::vector<std::uint64_t> values = RandomWaits(10'000, 8, 38);
  const LatencyHistogram::ClassicCounts classic = Of(values).ToClassic().counts;
  for (std::size_t i = 0; i < LatencyHistogram::kClassicBounds.size(); ++i) {
    const auto bound = static_cast<std::uint64_t>(LatencyHistogram::kClassicBounds[i].count());
    EXPECT_EQ(classic[i], std::ranges::count_if(values, [&](auto ns) { return ns < bound; })) << i;
  }
  EXPECT_EQ(classic.back(), values.size());
}

TEST(LatencyHistogramTest, SumsAndDifferencesAreThoseOfTheirBuckets) {
  const LatencyHistogram first = Of(RandomWaits(100, 8, 20));
  const LatencyHistogram second = Of(RandomWaits(50, 20, 38));
  LatencyHistogram both = first;
  both += second;
  EXPECT_EQ(both.count(), 150);
  EXPECT_EQ(both.sum(), first.sum() + second.sum());
  both -= first;
  EXPECT_EQ(both, second);
}

}  // namespace
}  // namespace loadline::agent
