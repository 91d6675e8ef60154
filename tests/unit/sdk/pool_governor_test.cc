// SPDX-License-Identifier: Apache-2.0
//
// Goal: queued work always finds a worker, and spare workers stay only while they are needed.
// Method: pure; windows are given.
#include "sdk/src/pool_governor.h"

#include <gtest/gtest.h>

#include <chrono>

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;

class PoolGovernorTest : public ::testing::Test {
 protected:
  int Tick(int threads, int active, int queued, int done) {
    now_ += 100ms;
    return governor_
        .OnTick({.now = now_,
                 .span = 100ms,
                 .threads = threads,
                 .threads_active = active,
                 .threads_active_max = active,
                 .queued = queued,
                 .completed = done,
                 .signal = std::nullopt},
                done)
        .threads;
  }

  Clock::Time now_;
  PoolGovernor governor_ = *PoolGovernor::Create(
      {.name = "p", .threads_min = 1, .threads_initial = 8, .threads_max = 64});
};

TEST_F(PoolGovernorTest, GrowsByAQuarterWhileNothingStartsOrEnds) {
  EXPECT_GE(Tick(8, 8, 5, 0), 10);
  EXPECT_GE(Tick(10, 10, 5, 0), 12);
}

TEST_F(PoolGovernorTest, StopsAtTheMaximum) { EXPECT_LE(Tick(64, 64, 5, 0), 64); }

TEST_F(PoolGovernorTest, KeepsASpareWorkerWhileTheOthersHang) {
  int threads = 8;
  for (int i = 0; i < 10; ++i) {
    threads = Tick(threads, threads, 5, 0);
  }
  const int hung = threads;
  threads = Tick(threads, hung, 5, 0);
  for (int i = 0; i < 600; ++i) {  // A minute: all but one hang, that one serves.
    threads = Tick(threads, hung, 0, 10);
    ASSERT_GT(threads, hung);
  }
}

TEST_F(PoolGovernorTest, LetsTheSizerDecideWhenTheyCameBack) {
  int threads = 8;
  for (int i = 0; i < 10; ++i) {
    threads = Tick(threads, threads, 5, 0);
  }
  const int most = threads;
  for (int i = 0; i < 3000; ++i) {
    threads = Tick(threads, 1, 0, 10);
  }
  EXPECT_LT(threads, most / 2);
}

}  // namespace
}  // namespace loadline
