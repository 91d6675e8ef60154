// SPDX-License-Identifier: Apache-2.0
// Goal: times and rates are those that were asked for. Method: means of many draws; libm as oracle.
#include <gtest/gtest.h>

#include <cmath>

#include "arrival_source.h"
#include "loadline/histogram.h"
#include "real_math.h"
#include "services.h"

namespace loadline::sim {
namespace {

TEST(RealMathTest, AgreesWithTheCLibrary) {
  for (double x = 1e-12; x < 1e12; x *= 1.37) {
    EXPECT_NEAR(Log(x), std::log(x), 1e-11 * (1 + std::abs(std::log(x)))) << x;
  }
  for (double x = -30; x < 30; x += 0.37) {
    EXPECT_NEAR(Exp(x), std::exp(x), 1e-11 * std::exp(x)) << x;
    EXPECT_NEAR(Sin(x), std::sin(x), 1e-10) << x;
  }
  EXPECT_NEAR(InverseNormal(0.975), 1.959963985, 1e-8);
  EXPECT_NEAR(InverseNormal(0.001), -3.090232306, 1e-8);
}

TEST(DistributionTest, HasTheMeanThatWasAskedFor) {
  using Kind = Distribution::Kind;
  Distribution mixture{.kind = Kind::kMixture};
  mixture.parts = {Constant(10), Exponential(2)};
  mixture.parts[0].share = 0.25;
  mixture.parts[1].share = 0.75;
  for (const Distribution& distribution :
       {Constant(3), Exponential(3),
        Distribution{.kind = Kind::kUniform, .mean = 3e6, .shape = 0.2},
        Distribution{.kind = Kind::kLognormal, .mean = 3e6, .shape = 1},
        Distribution{.kind = Kind::kPareto, .mean = 3e6, .shape = 2.5},
        Distribution{.kind = Kind::kPareto, .mean = 3e6, .shape = 1.4, .cap = 40e6}, mixture}) {
    Random random(7);
    double sum = 0;
    constexpr int kDraws = 400000;
    for (int i = 0; i < kDraws; ++i) {
      sum += static_cast<double>(distribution.Sample(random));
    }
    EXPECT_NEAR(sum / kDraws, distribution.Mean(), 0.02 * distribution.Mean());
  }
}

double RateOf(const Arrivals& arrivals, double seconds) {
  ArrivalSource source(arrivals, 2);
  int count = 0;
  while (source.Next() < static_cast<Ns>(seconds * 1e9)) {
    ++count;
  }
  return count / seconds;
}

TEST(ArrivalTest, HaveTheRateThatWasAskedFor) {
  using Kind = Arrivals::Kind;
  EXPECT_NEAR(RateOf({.rate = 500}, 200), 500, 5);
  EXPECT_NEAR(RateOf({.kind = Kind::kConstant, .rate = 500}, 20), 500, 0.1);
  EXPECT_NEAR(RateOf({.kind = Kind::kSinus, .rate = 500}, 200), 500, 5);
  EXPECT_NEAR(
      RateOf({.kind = Kind::kSquare, .on = 200 * kMillisecond, .rate_on = 2500, .rate_off = 100},
             200),
      580, 6);
  EXPECT_NEAR(RateOf({.kind = Kind::kMmpp,
                      .on = kSecond,
                      .off = 3 * kSecond,
                      .rate_on = 1000,
                      .rate_off = 200},
                     20000),
              400, 10);
  Schedule ramp;
  ramp.points = {{.at = 0, .value = 0}, {.at = 100 * kSecond, .value = 1000, .ramp = true}};
  EXPECT_NEAR(RateOf({.rate = ramp}, 100), 500, 8);
}

TEST(ArrivalTest, ATraceIsPlayedAsItIs) {
  const Arrivals arrivals{.kind = Arrivals::Kind::kTrace, .trace = {5, 7, 7, 900}};
  ArrivalSource source(arrivals, 2);
  for (const Ns expected : {Ns{5}, Ns{7}, Ns{7}, Ns{900}, kNever}) {
    EXPECT_EQ(source.Next(), expected);
  }
}

TEST(ScheduleTest, StepsAndRamps) {
  Schedule schedule;
  schedule.points = {
      {.at = 10, .value = 1}, {.at = 20, .value = 3}, {.at = 30, .value = 5, .ramp = true}};
  EXPECT_EQ(schedule.At(0), 1);
  EXPECT_EQ(schedule.At(19), 1);
  EXPECT_EQ(schedule.At(20), 3);
  EXPECT_EQ(schedule.At(25), 4);
  EXPECT_EQ(schedule.At(1000), 5);
}

TEST(HistogramTest, QuantilesAreWithinHalfAPerCent) {
  Histogram histogram;
  for (Ns i = 1; i <= 100000; ++i) {
    histogram.Add(i * 10000);
  }
  EXPECT_NEAR(static_cast<double>(histogram.Quantile(0.5)), 5e8, 0.005 * 5e8);
  EXPECT_NEAR(static_cast<double>(histogram.Quantile(0.99)), 9.9e8, 0.005 * 9.9e8);
  EXPECT_EQ(histogram.max(), 1000000000);
  EXPECT_EQ(Histogram().Quantile(0.99), 0);
}

}  // namespace
}  // namespace loadline::sim
