// SPDX-License-Identifier: Apache-2.0
// Goal: the residence without load is told from what requests waited for, whoever froze or crowded
// them.
// Method: the same window again and again, whose parts are known.
#include "residence_estimate.h"

#include <gtest/gtest.h>

namespace loadline::control {
namespace {

// 100 requests per second take 10 ms of CPU and 30 ms elsewhere, beside what a test adds.
class ResidenceEstimateTest : public ::testing::Test {
 protected:
  void Run() {
    for (int i = 0; i < 50; ++i) {
      estimate_.Add(seen_);
    }
  }
  SignalRates& rates() { return *seen_.rates; }

  ResidenceEstimate estimate_{{.freeze_ms = 20}};
  Observed seen_{.now = {},
                 .span = 0.2,
                 .n = 20,
                 .rate = 100,
                 .residence = 0.04,
                 .in_flight = 4,
                 .in_flight_max = 6,
                 .deadline = 0.25,
                 .cpus = 2,
                 .request_rate = 100,
                 .rates = SignalRates{.cpu = 1, .network = 3, .waiting = 3, .threads = 50}};
};

TEST_F(ResidenceEstimateTest, WithoutAQueueAllOfItIsNeeded) {
  Run();
  EXPECT_DOUBLE_EQ(estimate_.no_load(), 0.04);
  EXPECT_EQ(estimate_.own(), 0);
}

TEST_F(ResidenceEstimateTest, WhatWaitsForOurOwnThreadsIsNotNeeded) {
  rates().runq_self = 6;  // Threads: 60 ms of each request.
  seen_.residence = 0.1;
  seen_.in_flight = 10;
  Run();
  EXPECT_NEAR(estimate_.no_load(), 0.04, 1e-5);
}

// A quota's freeze of 15 ms is nobody's queue. One of 80 ms is that of the requests before.
TEST_F(ResidenceEstimateTest, FrozenForLongIsAQueueOfOurs) {
  rates().throttled = 1.5;
  seen_.residence = 0.055;
  seen_.in_flight = 5;
  Run();
  EXPECT_NEAR(estimate_.no_load(), 0.055, 1e-5);
  rates().throttled = 8;
  seen_.residence = 0.12;
  seen_.in_flight = 12;
  Run();
  EXPECT_NEAR(estimate_.no_load(), 0.04 + 0.02, 1e-5);
}

// With half a CPU, 10 ms of work are frozen for 10 ms more, however few requests there are.
TEST_F(ResidenceEstimateTest, AQuotaBelowOneCpuFreezesWhatItIsGivenToDo) {
  rates() = {.cpu = 0.4, .throttled = 1.2, .network = 1.2, .waiting = 1.2, .threads = 50};
  seen_.cpus = 0.5;
  seen_.rate = seen_.request_rate = 40;
  seen_.residence = 0.07;
  seen_.in_flight = 3;
  Run();
  EXPECT_NEAR(estimate_.no_load(), 0.07, 1e-5);
}

// Five requests that compute for seconds wait beside those that end: their waits are not those of
// the others, whose residence would else be far below what they need.
TEST_F(ResidenceEstimateTest, RequestsThatTakeForEverDoNotMakeOthersLookQuick) {
  rates().cpu = 2;
  rates().runq_self = 8;
  seen_.residence = 0.08;
  seen_.in_flight = 8;
  Run();
  EXPECT_LE(estimate_.no_load(), 0.01);
  seen_.in_flight = 13;
  seen_.pending_late = 5;
  Run();
  EXPECT_NEAR(estimate_.no_load(), 0.08 - (8 - 5 * 0.8) / 100, 1e-4);
}

}  // namespace
}  // namespace loadline::control
