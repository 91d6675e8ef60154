// SPDX-License-Identifier: Apache-2.0
//
// Goal: a place is never given twice, and a fraction of a place is worth its share of the time.
// Method: an atomic that runs the other thread's step at the worst moment; then counting.
#include "loadline/detail/gate.h"

#include <gtest/gtest.h>

#include <limits>

#include "loadline/testing/interleaving_atomic.h"

namespace loadline::detail {
namespace {

using testing::InterleavingAtomic;

TEST(GateTest, TwoThreadsCannotBothTakeTheLastPlace) {
  Gate<InterleavingAtomic> gate;
  int theirs = 0;
  InterleavingAtomic<std::uint64_t>::after_load = [&] { theirs = gate.TryEnter(1); };
  const int ours = gate.TryEnter(1);

  EXPECT_EQ(theirs, 1);
  EXPECT_EQ(ours, 0);
  EXPECT_EQ(gate.inside(), 1);
}

TEST(GateTest, TwoThreadsCannotBothSpendOneCredit) {
  Gate<InterleavingAtomic> gate;
  for (int i = 0; i < 10; ++i) {  // Ten admissions below the limit fill the credit.
    EXPECT_EQ(gate.TryEnter(2.5F), 1);
    gate.Leave();
  }
  EXPECT_EQ(gate.TryEnter(2.5F), 1);
  EXPECT_EQ(gate.TryEnter(2.5F), 2);
  int theirs = 0;
  InterleavingAtomic<std::uint64_t>::after_load = [&] { theirs = gate.TryEnter(2.5F); };
  const int ours = gate.TryEnter(2.5F);

  EXPECT_EQ(theirs, 3);
  EXPECT_EQ(ours, 0);
}

TEST(GateTest, LowersTheLimitWithoutStoppingAnybody) {
  Gate<> gate;
  EXPECT_EQ(gate.TryEnter(10), 1);
  EXPECT_EQ(gate.TryEnter(10), 2);
  EXPECT_EQ(gate.TryEnter(1), 0);
  gate.Leave();
  EXPECT_EQ(gate.TryEnter(1), 0);
  gate.Leave();
  EXPECT_EQ(gate.TryEnter(1), 1);
}

TEST(GateTest, CountsThoseWhomNoLimitHolds) {
  Gate<> gate;
  EXPECT_EQ(gate.Enter(), 1);
  EXPECT_EQ(gate.Enter(), 2);
  EXPECT_EQ(gate.TryEnter(2), 0);
}

// Keeps the gate saturated: every departure is followed by arrivals until one is refused. Service
// times are equal, so the oldest leaves first and each departure takes 1 / inside of a service.
double MeanInside(float limit, int departures) {
  Gate<> gate;
  double inside_time = 0;
  double time = 0;
  for (int i = 0; i < departures; ++i) {
    while (gate.TryEnter(limit) != 0) {
    }
    const double step = 1.0 / gate.inside();
    inside_time += gate.inside() * step;
    time += step;
    gate.Leave();
  }
  return inside_time / time;
}

TEST(GateTest, SpendsFractionsAsAShareOfTheTime) {
  for (const float limit : {1.25F, 1.5F, 2.0F, 2.5F, 2.9F, 3.75F, 4.1F}) {
    EXPECT_NEAR(MeanInside(limit, 10'000), limit, 0.02) << limit;
  }
}

TEST(GateTest, ALimitBeyondAllCountingLetsEverybodyIn) {
  for (const float limit : {4294967296.0F, 1e12F, 1e38F, std::numeric_limits<float>::infinity()}) {
    Gate<> gate;
    EXPECT_EQ(gate.TryEnter(limit), 1) << limit;
    EXPECT_EQ(gate.TryEnter(limit), 2) << limit;
  }
}

TEST(GateTest, DropsFractionsFromFiveOn) { EXPECT_NEAR(MeanInside(5.9F, 1000), 5, 1e-9); }

}  // namespace
}  // namespace loadline::detail
