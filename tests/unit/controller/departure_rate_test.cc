// SPDX-License-Identifier: Apache-2.0
// Goal: a dependency that became slow is told from one that became full by what comes out of it,
// before anything is late.
// Method: rows of ticks with the completions that either would give.
#include "departure_rate.h"

#include <gtest/gtest.h>

#include <chrono>

namespace loadline::control {
namespace {

using std::chrono::milliseconds;

constexpr double kReference = 0.05;  // Seconds.

// 500 requests per second, a deadline of 500 ms.
class DepartureRateTest : public ::testing::Test {
 protected:
  void Tick(int completed, double residence_s, int in_flight, int admitted = 50) {
    Window tick{.now = {},
                .span = milliseconds{100},
                .deadline = milliseconds{500},
                .arrivals = admitted,
                .completed = completed,
                .latency_sum = std::chrono::duration_cast<Clock::Duration>(
                    std::chrono::duration<double>(completed * residence_s)),
                .in_flight = in_flight,
                .in_flight_max = in_flight,
                .signal = {}};
    departures_.Add(tick, 500, kReference);
    was_full_ |= departures_.full();
  }
  void RunWell() {
    for (int i = 0; i < 100; ++i) {
      Tick(50, kReference, 25);
    }
  }
  // 200 per second come out of what gets 500.
  void Saturate(int ticks) {
    double in_flight = 25, residence = kReference;
    for (int i = 0; i < ticks; ++i) {
      in_flight += 30;
      residence += 0.06;
      Tick(20, residence, static_cast<int>(in_flight));
    }
  }

  DepartureRate departures_{{.departure_gap = 0.2, .departure_fill = 0.8}};
  bool was_full_ = false;
};

TEST_F(DepartureRateTest, NothingIsFullWhileAllIsWell) {
  RunWell();
  EXPECT_TRUE(departures_.steady());
  EXPECT_FALSE(was_full_);
}

TEST_F(DepartureRateTest, AFullDependencyShowsBeforeAnythingIsLate) {
  RunWell();
  Saturate(6);  // The residence is 410 ms by then: within the deadline.
  EXPECT_TRUE(was_full_);
  EXPECT_TRUE(departures_.steady());
  EXPECT_NEAR(departures_.answerable(), 0.8 * 0.5 * 200, 8);
}

TEST_F(DepartureRateTest, ASlowerDependencyHasAGapAndIsNotFull) {
  RunWell();
  for (int i = 0; i < 3; ++i) {  // Calls take 350 ms now: what was called before has ended.
    Tick(0, 0, 75 + 50 * i);
  }
  EXPECT_FALSE(departures_.steady());
  for (int i = 0; i < 20; ++i) {
    Tick(i == 0 ? 25 : 50, 0.35, 175);
  }
  EXPECT_FALSE(was_full_);
}

TEST_F(DepartureRateTest, AGapIsForgottenAfterFourDeadlines) {
  RunWell();
  Tick(0, 0, 75);
  Tick(0, 0, 125);
  Tick(0, 0, 175);
  EXPECT_FALSE(departures_.steady());
  for (int i = 0; i < 25; ++i) {
    Tick(50, kReference, 25);
  }
  EXPECT_TRUE(departures_.steady());
}

TEST_F(DepartureRateTest, FillOfZeroLeavesItToLateness) {
  departures_ = DepartureRate{{.departure_gap = 0.2, .departure_fill = 0}};
  RunWell();
  Saturate(20);
  EXPECT_FALSE(was_full_);
}

// Exponential times leave no gap: throughput falls to what still comes early, and rises by itself.
TEST_F(DepartureRateTest, ThroughputThatRisesByItselfIsNotFull) {
  RunWell();
  double in_flight = 25, residence = kReference;
  for (const int completed : {30, 8, 19, 30, 40, 46, 48, 49, 50}) {
    in_flight += 50 - completed;
    residence += 0.04;
    Tick(completed, residence, static_cast<int>(in_flight));
  }
  EXPECT_FALSE(was_full_);
}

// What waits in front of the limit is not in the dependency: at a limit, as much goes in as comes
// out.
TEST_F(DepartureRateTest, WhatWaitsInFrontOfTheLimitHasNotGoneIn) {
  RunWell();
  for (int i = 0; i < 10; ++i) {
    Tick(20, 0.3, 100, 50);
  }
  EXPECT_FALSE(was_full_);
}

TEST_F(DepartureRateTest, ACompletionGapIsOneWhenTenWereDue) {
  RunWell();
  EXPECT_EQ(departures_.completion_gap(), 0);
  Tick(0, 0, 75);
  EXPECT_NEAR(departures_.completion_gap(), 0.1, 1e-9);
  Tick(0, 0, 125);
  EXPECT_NEAR(departures_.completion_gap(), 0.2, 1e-9);
  Tick(1, 0.2, 174);
  EXPECT_EQ(departures_.completion_gap(), 0);
}

// What was let in during a gap comes out in a bunch, and then there is another gap.
TEST_F(DepartureRateTest, ACompletionGapSoonAfterAnotherSaysNothing) {
  RunWell();
  Tick(0, 0, 75);
  Tick(50, 0.2, 75);
  Tick(0, 0, 125);
  EXPECT_EQ(departures_.completion_gap(), 0);
  for (int i = 0; i < 12; ++i) {
    Tick(50, 0.2, 125);
  }
  Tick(0, 0, 175);
  EXPECT_GT(departures_.completion_gap(), 0);
}

TEST_F(DepartureRateTest, FewCompletionsSayNothing) {
  for (int i = 0; i < 100; ++i) {
    Tick(i % 10 == 0 ? 1 : 0, kReference, 1, 0);
  }
  EXPECT_TRUE(departures_.sparse());
  EXPECT_FALSE(was_full_);
}

}  // namespace
}  // namespace loadline::control
