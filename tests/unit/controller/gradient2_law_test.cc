// SPDX-License-Identifier: Apache-2.0
// Goal: our gradient2 is Netflix's, drift included: under lasting overload its limit doubles every
// seven minutes, and law `kernel` stays where it is.
// Method: a saturated service as a formula, R = R0 max(1, N / K), one tick at a time.
#include "loadline/control/gradient2_law.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace loadline::control {
namespace {

using std::chrono_literals::operator""ms;

Window Saturated(double limit, double knee, double r0, int tick) {
  const double residence = r0 * std::max(1.0, limit / knee);
  Window w;
  w.now = Clock::Time{100ms * tick};
  w.span = 100ms;
  w.deadline = 250ms;
  w.in_flight = w.in_flight_max = static_cast<int>(limit);
  w.completed = static_cast<int>(0.1 * std::min(limit, knee) / r0);
  w.latency_sum = Clock::Duration{static_cast<std::int64_t>(residence * 1e9)} * w.completed;
  w.arrivals = 2 * w.completed;
  w.rejected = w.completed;
  return w;
}

// The limit at some seconds after 20 s of load below the knee.
std::map<int, double> Drift(ControlLaw& law) {
  std::map<int, double> limits;
  for (int tick = 0; tick < 8800; ++tick) {
    const double limit = law.decision().limit;
    // Before: 28 in flight of a knee of 40, no queue.
    Window w = Saturated(tick < 200 ? std::min(limit, 28.0) : limit, 40, 0.04, tick);
    law.OnTick(w);
    limits[tick / 10 - 20] = law.decision().limit;
  }
  return limits;
}

TEST(Gradient2LawTest, DoublesEverySevenMinutesUnderTwofoldOverload) {
  const auto law = MakeGradient2Law({.limit_max = 1000}).value();
  const auto limits = Drift(*law);
  EXPECT_NEAR(limits.at(280), 102, 0.05 * 102);
  EXPECT_NEAR(limits.at(840), 260, 0.06 * 260);
  const double doubling = 560 * std::log(2) / std::log(limits.at(840) / limits.at(280));
  EXPECT_NEAR(doubling, 416, 42);
}

TEST(Gradient2LawTest, TakesTheMeanOfTheFirstTenWindowsAndHoldsBelowHalf) {
  const auto law = MakeGradient2Law().value();
  for (int i = 0; i < 100; ++i) {
    law->OnTick(Saturated(9, 40, 0.04, i));
  }
  EXPECT_EQ(law->decision().limit, 20);
  EXPECT_EQ(law->decision().reason, Reason::kAppLimited);
}

TEST(Gradient2LawTest, WaitsForASecondAndTenSamples) {
  const auto law = MakeGradient2Law().value();
  for (int i = 0; i < 9; ++i) {
    law->OnTick(Saturated(20, 40, 0.04, i));
    EXPECT_EQ(law->decision().limit, 20);
  }
  EXPECT_NEAR(law->OnTick(Saturated(20, 40, 0.04, 9)).limit, 20.8, 1e-9);
}

}  // namespace
}  // namespace loadline::control
