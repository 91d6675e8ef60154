// SPDX-License-Identifier: Apache-2.0
// Goal: a pool's home is learned from quiet moments only; threads that wait for a hand-off are
// never taken for idle. Method: pools as readings of their threads.
#include "agent/src/model/home_condition.h"

#include <gtest/gtest.h>

#include <chrono>

#include "loadline/testing/thread_samples.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::Thread;
using testing::Waiting;

constexpr std::uint64_t kQueue = 0x1000;        // Of tasks.
constexpr std::uint64_t kConnections = 0x2000;  // Of which there are too few.

ThreadSample At(std::uint64_t futex, WaitReason reason = WaitReason::kCondition) {
  ThreadSample thread = Waiting(Thread(1, 1, "worker"), reason);
  thread.futex = futex;
  return thread;
}

class HomeConditionTest : public ::testing::Test {
 protected:
  // So many threads wait there, the others for the network.
  void Read(int there, int elsewhere, std::uint64_t futex = kQueue, Clock::Duration worked = 10ms) {
    home_.BeginReading();
    for (int i = 0; i < there; ++i) {
      home_.See(At(futex));
    }
    for (int i = 0; i < elsewhere; ++i) {
      home_.See(Waiting(Thread(1, 2, "worker"), WaitReason::kNetwork));
    }
    home_.EndReading(worked);
  }
  void LearnQueue() {
    for (int i = 0; i < HomeCondition::kQuietMomentsMin; ++i) {
      Read(200, 0);
      Read(150, 50);
    }
    ASSERT_EQ(home_.address(), kQueue);
  }

  HomeCondition home_;
};

TEST_F(HomeConditionTest, IsWhereAllThreadsWaitAgainAndAgainWithWorkInBetween) {
  Read(200, 0);
  Read(200, 0);
  EXPECT_EQ(home_.address(), 0u);
  Read(200, 0);
  EXPECT_EQ(home_.address(), kQueue);
  EXPECT_TRUE(home_.IsHome(At(kQueue)));
  EXPECT_FALSE(home_.IsHome(At(kConnections)));
}

TEST_F(HomeConditionTest, AConditionVariableIsOneFutexInTwoWords) {
  for (int i = 0; i < HomeCondition::kQuietMomentsMin; ++i) {
    home_.BeginReading();
    home_.See(At(kQueue));
    home_.See(At(kQueue + 4));
    home_.EndReading(10ms);
  }
  EXPECT_TRUE(home_.IsHome(At(kQueue)));
  EXPECT_TRUE(home_.IsHome(At(kQueue + 4)));
  EXPECT_FALSE(home_.IsHome(At(kQueue + 8)));
}

TEST_F(HomeConditionTest, The190ThatWaitForOneOf10ConnectionsAreNotIdle) {
  for (int i = 0; i < 10'000; ++i) {
    Read(190, 10, kConnections);
  }
  EXPECT_EQ(home_.address(), 0u);
  EXPECT_FALSE(home_.IsHome(At(kConnections)));
}

TEST_F(HomeConditionTest, NorAreTheyWhereTheQueueIsKnown) {
  LearnQueue();
  for (int i = 0; i < 10'000; ++i) {
    Read(190, 10, kConnections);
  }
  EXPECT_FALSE(home_.IsHome(At(kConnections)));
}

TEST_F(HomeConditionTest, APoolThatHangsAsAWholeIsNotIdle) {
  for (int i = 0; i < 10'000; ++i) {
    Read(200, 0, kConnections, 0ms);
  }
  EXPECT_EQ(home_.address(), 0u);
}

TEST_F(HomeConditionTest, OneThatHangsAwayFromItsHomeDoesNotMoveThereSoon) {
  LearnQueue();
  for (int i = 0; i < HomeCondition::kForgetAfter; ++i) {
    Read(200, 0, kConnections);  // Each tries again after its time-out.
  }
  EXPECT_EQ(home_.address(), kQueue);
}

TEST_F(HomeConditionTest, AHomeThatNobodyComesToAnyMoreIsGivenUp) {
  LearnQueue();
  for (int i = 0; i < HomeCondition::kForgetAfter + 10; ++i) {
    Read(200, 0, 0x3000);
  }
  EXPECT_EQ(home_.address(), 0x3000u);
}

TEST_F(HomeConditionTest, ASingleThreadHasNone) {
  for (int i = 0; i < 100; ++i) {
    Read(1, 0);
  }
  EXPECT_EQ(home_.address(), 0u);
}

TEST_F(HomeConditionTest, ALockIsNoHome) {
  for (int i = 0; i < 100; ++i) {
    home_.BeginReading();
    home_.See(At(kQueue, WaitReason::kLock));
    home_.See(At(kQueue, WaitReason::kLock));
    home_.EndReading(10ms);
  }
  EXPECT_EQ(home_.address(), 0u);
}

TEST_F(HomeConditionTest, ConditionsOfEachThreadsOwnAreNone) {
  for (int i = 0; i < 100; ++i) {
    home_.BeginReading();
    home_.See(At(0x10));
    home_.See(At(0x20));
    home_.EndReading(10ms);
  }
  EXPECT_EQ(home_.address(), 0u);
}

}  // namespace
}  // namespace loadline::agent
