// SPDX-License-Identifier: Apache-2.0
// Goal: law `vegas` moves as the table in its header says, and probes when it says.
// Method: one window per line.
#include "loadline/control/vegas_law.h"

#include <gtest/gtest.h>

namespace loadline::control {
namespace {

using std::chrono_literals::operator""ms;

Window Second(Clock::Duration rtt, int in_flight, int dropped = 0) {
  Window w;
  w.span = 1000ms;
  w.completed = 100;
  w.latency_sum = rtt * 100;
  w.in_flight_max = in_flight;
  w.dropped = dropped;
  return w;
}

class VegasLawTest : public ::testing::Test {
 protected:
  VegasLawTest() { law_->OnTick(Second(100ms, 50)); }  // The least.

  // 50 in flight allowed: lg = 1.
  std::unique_ptr<ControlLaw> law_ = MakeVegasLaw({.limit_initial = 50}).value();
};

TEST_F(VegasLawTest, MovesByTheEstimatedQueue) {
  EXPECT_EQ(law_->OnTick(Second(101ms, 50)).limit, 56);  // q = 1.
  EXPECT_EQ(law_->OnTick(Second(103ms, 56)).limit, 57);  // q = 2.
  EXPECT_EQ(law_->OnTick(Second(109ms, 57)).limit, 57);  // q = 5.
  EXPECT_EQ(law_->OnTick(Second(115ms, 57)).limit, 56);  // q = 8.
  EXPECT_EQ(law_->decision().reason, Reason::kSlow);
}

TEST_F(VegasLawTest, StepsBackWhenWorkIsDropped) {
  EXPECT_EQ(law_->OnTick(Second(101ms, 50, 1)).limit, 49);
  EXPECT_EQ(law_->decision().reason, Reason::kDropped);
}

TEST_F(VegasLawTest, HoldsWhileLessThanHalfIsInUse) {
  EXPECT_EQ(law_->OnTick(Second(101ms, 24)).limit, 50);
  EXPECT_EQ(law_->decision().reason, Reason::kAppLimited);
}

TEST_F(VegasLawTest, AdoptsWhateverLatencyHoldsAtAProbe) {
  int windows = 0;
  while (law_->decision().reason != Reason::kProbe && windows < 2000) {
    law_->OnTick(Second(300ms, 3));
    ++windows;
  }
  EXPECT_GE(windows, 0.5 * 30 * 50 - 2);
  EXPECT_LE(windows, 30 * 50);
  EXPECT_EQ(law_->OnTick(Second(301ms, 50)).limit, 56);  // 300 ms is now the least.
}

}  // namespace
}  // namespace loadline::control
