// SPDX-License-Identifier: Apache-2.0
// Goal: waits inherit: what a thread waits for says what its wait is.
// Method: threads of one reading as data.
#include "agent/src/model/wait_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <vector>

#include "loadline/testing/thread_samples.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::Thread;
using testing::Waiting;
using testing::WaitingFor;
using Kind = WaitVerdict::Kind;

ThreadSample WaitsForLock(pid_t tid, pid_t owner, Clock::Duration age = 1ms) {
  ThreadSample thread = Waiting(Thread(100, tid, "worker-1"), WaitReason::kLock, age);
  thread.futex = 0x7000;
  thread.lock_owner = owner;
  return thread;
}

WaitVerdict Verdict(const ThreadSample& sample, std::vector<ThreadSample> others = {},
                    const Demand& demand = {}) {
  others.push_back(sample);
  return VerdictOf(sample, ThreadRest(), demand, HolderChains(others));
}

TEST(WaitVerdictTest, PollingAndAcceptingIsRest) {
  EXPECT_EQ(Verdict(Waiting(Thread(1, 1, "w"), WaitReason::kPoll)).kind, Kind::kRest);
}

TEST(WaitVerdictTest, AnAnswerIsADependencyARequestIsRest) {
  ThreadSample thread = WaitingFor(Thread(1, 1, "w"), "10.0.0.5:5432");
  thread.asks = Asks::kAnswer;
  EXPECT_EQ(Verdict(thread).cause, Cause::kDependency);
  EXPECT_EQ(Verdict(thread).culprit, "10.0.0.5:5432");
  thread.asks = Asks::kRequest;
  EXPECT_EQ(Verdict(thread).kind, Kind::kRest);
  thread.asks = Asks::kWork;
  EXPECT_EQ(Verdict(thread).kind, Kind::kRest);
}

TEST(WaitVerdictTest, ALockWhoseHolderRunsIsTheLock) {
  const WaitVerdict verdict = Verdict(WaitsForLock(2, 3), {Thread(100, 3, "writer")});
  EXPECT_EQ(verdict.cause, Cause::kLock);
  EXPECT_THAT(verdict.culprit, HasSubstr("held by writer"));
  EXPECT_THAT(verdict.why, HasSubstr("tid 3"));
}

TEST(WaitVerdictTest, ALockWhoseHolderWaitsForADatabaseIsThatDatabase) {
  const WaitVerdict verdict =
      Verdict(WaitsForLock(2, 3), {WaitingFor(Thread(100, 3, "writer"), "10.0.0.5:5432")});
  EXPECT_EQ(verdict.cause, Cause::kDependency);
  EXPECT_EQ(verdict.culprit, "10.0.0.5:5432");
}

TEST(WaitVerdictTest, ALockWhoseHolderRestsIsRest) {
  EXPECT_EQ(Verdict(WaitsForLock(2, 3), {Waiting(Thread(100, 3, "main"), WaitReason::kPoll)}).kind,
            Kind::kRest);
}

TEST(WaitVerdictTest, TheChainIsFollowedToItsEnd) {
  const WaitVerdict verdict =
      Verdict(WaitsForLock(2, 3),
              {WaitsForLock(3, 4), Waiting(Thread(100, 4, "logger"), WaitReason::kDisk)});
  EXPECT_EQ(verdict.cause, Cause::kStorage);
}

TEST(WaitVerdictTest, ALoopIsADeadlockForItsMembersAndForWhoIsBehindIt) {
  const std::vector<ThreadSample> loop = {WaitsForLock(3, 4), WaitsForLock(4, 3)};
  EXPECT_EQ(Verdict(WaitsForLock(2, 3), loop).cause, Cause::kDeadlock);
  EXPECT_EQ(Verdict(WaitsForLock(3, 4), {WaitsForLock(4, 3)}).cause, Cause::kDeadlock);
}

TEST(WaitVerdictTest, AHolderThatIsInNoReadingIsNamedByItsNumber) {
  EXPECT_THAT(Verdict(WaitsForLock(2, 99)).culprit, HasSubstr("tid 99"));
}

TEST(WaitVerdictTest, AWordWithoutAHolderIsUndecidedUntilItIsOldAndNobodyWaits) {
  ThreadSample thread = Waiting(Thread(100, 2, "w"), WaitReason::kCondition, 9s);
  thread.futex = 0x7000;
  EXPECT_EQ(Verdict(thread).kind, Kind::kSoft);
  thread.in_state = 10s;
  EXPECT_EQ(Verdict(thread).kind, Kind::kRest);
  EXPECT_EQ(Verdict(thread, {}, {.queue = 1}).kind, Kind::kSoft);
}

TEST(WaitVerdictTest, WhoIsFrozenIsNamed) {
  ThreadSample thread = Waiting(Thread(1, 1, "w"), WaitReason::kStopped);
  thread.holder = Holder::kFreezer;
  EXPECT_EQ(Verdict(thread).cause, Cause::kFrozen);
  thread.holder = Holder::kTracer;
  EXPECT_EQ(Verdict(thread).cause, Cause::kStopped);
  EXPECT_EQ(Verdict(thread).culprit, "a tracer");
}

TEST(WaitVerdictTest, AChildIsLostTimeOnlyForWhoServesSomebody) {
  const ThreadSample thread = Waiting(Thread(1, 1, "sh"), WaitReason::kChild);
  EXPECT_EQ(Verdict(thread).kind, Kind::kRest);
  EXPECT_EQ(Verdict(thread, {}, {.clients = 1}).cause, Cause::kChild);
}

}  // namespace
}  // namespace loadline::agent
