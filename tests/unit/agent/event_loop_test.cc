// SPDX-License-Identifier: Apache-2.0
// Goal: a thread that lives in poll is an event loop, also while it is stuck elsewhere; a worker is
// none. Method: a second per reading, spent as the test says.
#include "agent/src/model/event_loop.h"

#include <gtest/gtest.h>

#include <chrono>

#include "loadline/testing/thread_samples.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::Thread;
using testing::Waiting;

class EventLoopTest : public ::testing::Test {
 protected:
  // A second of which `polled` is in poll and the rest in waits for `reason`, which ended.
  void Second(Clock::Duration polled, WaitReason reason = WaitReason::kNetwork) {
    PoolCounters increment;
    increment.blocked[static_cast<std::size_t>(WaitReason::kPoll)] += polled;
    increment.blocked[static_cast<std::size_t>(reason)] += 1s - polled;
    loop_.Update(Waiting(Thread(1, 1, "io"), WaitReason::kPoll, 1ms), increment, 1s);
  }

  EventLoop loop_;
};

TEST_F(EventLoopTest, LivingInPollMakesOne) {
  for (int i = 0; i < EventLoop::kPollsMin; ++i) {
    EXPECT_FALSE(loop_.is_loop());
    Second(950ms);
  }
  EXPECT_TRUE(loop_.is_loop());
}

TEST_F(EventLoopTest, AWorkerThatPollsNowAndThenIsNone) {
  for (int i = 0; i < 100; ++i) {
    Second(300ms);
  }
  EXPECT_FALSE(loop_.is_loop());
}

TEST_F(EventLoopTest, OneThatBlocksATenthOfItsTimeStaysOne) {
  for (int i = 0; i < 100; ++i) {
    Second(900ms, WaitReason::kDisk);
  }
  EXPECT_TRUE(loop_.is_loop());
}

TEST_F(EventLoopTest, OneThatIsStuckForAnHourIsStillOne) {
  for (int i = 0; i < 10; ++i) {
    Second(950ms);
  }
  for (int i = 2; i < 3600; ++i) {
    PoolCounters increment;
    increment.blocked[static_cast<std::size_t>(WaitReason::kLock)] = 1s;
    loop_.Update(Waiting(Thread(1, 1, "io"), WaitReason::kLock, i * 1s), increment, 1s);
  }
  EXPECT_TRUE(loop_.is_loop());
}

TEST_F(EventLoopTest, WhoDoesSomethingElseFromNowOnIsNoneAnyMore) {
  for (int i = 0; i < 100; ++i) {
    Second(950ms);
  }
  for (int i = 0; i < 300; ++i) {
    Second(0ms);
  }
  EXPECT_FALSE(loop_.is_loop());
}

}  // namespace
}  // namespace loadline::agent
