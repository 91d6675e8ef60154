// SPDX-License-Identifier: Apache-2.0
// Goal: what is open when a thread is read counts, in the right place and only once.
#include <gtest/gtest.h>

#include <cstring>

#include "agent/src/kernel/sample.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ns;

constexpr std::uint64_t kNow = 10'000;

ll_slot Slot(ll_thread_state state, std::uint64_t since_ns) {
  ll_slot slot{};
  slot.tid = 12;
  slot.tgid = 10;
  slot.state = static_cast<__u8>(state);
  slot.since_ns = since_ns;
  return slot;
}

ll_slot Blocked(ll_wait_reason reason, std::uint64_t since_ns) {
  ll_slot slot = Slot(LL_STATE_BLOCKED, since_ns);
  slot.reason = static_cast<__u8>(reason);
  return slot;
}

ll_record Record(std::uint64_t since_ns) {
  ll_record record{};
  record.since_ns = record.began_ns = since_ns;
  std::strcpy(record.name, "worker-3");
  return record;
}

ThreadSample SampleFrom(const ll_slot& slot, const ll_record& record, std::uint64_t now_ns) {
  ThreadSample sample;
  FillSample(slot, record, now_ns, sample);
  return sample;
}

TEST(SampleTest, ARunningThreadIsOnCpuUpToNow) {
  ll_slot slot = Slot(LL_STATE_RUNNING, 9'000);
  slot.totals.on_cpu_ns = 500;
  const ThreadSample sample = SampleFrom(slot, Record(9'000), kNow);
  EXPECT_EQ(sample.state, ThreadState::kRunning);
  EXPECT_EQ(sample.counters.on_cpu, 1'500ns);
  EXPECT_EQ(sample.in_state, 1'000ns);
  EXPECT_EQ(sample.name, "worker-3");
}

TEST(SampleTest, WaitsForAReasonOfANewerKernelSideAreOther) {
  ll_slot slot = Slot(LL_STATE_RUNNING, 9'000);
  slot.totals.blocked_ns[LL_WAIT_OTHER] = 100;
  slot.totals.blocked_ns[LL_WAIT_REASONS_MAX - 1] = 700;
  const ThreadSample sample = SampleFrom(slot, Record(9'000), kNow);
  EXPECT_EQ(sample.counters.blocked_for(WaitReason::kOther), 800ns);
  EXPECT_EQ(sample.counters.Blocked(), 800ns);
}

TEST(SampleTest, AWaitInProgressIsBlockedTimeUnderItsReason) {
  const ThreadSample sample = SampleFrom(Blocked(LL_WAIT_NETWORK, 4'000), Record(4'000), kNow);
  EXPECT_EQ(sample.state, ThreadState::kBlocked);
  EXPECT_EQ(sample.reason, WaitReason::kNetwork);
  EXPECT_EQ(sample.counters.blocked_for(WaitReason::kNetwork), 6'000ns);
  EXPECT_EQ(sample.counters.Blocked(), 6'000ns);
}

TEST(SampleTest, AWaitOlderThanTheProbesShowsItsAgeButCountsFromTheirStart) {
  ll_record record = Record(4'000);
  record.began_ns = 1'000;
  const ThreadSample sample = SampleFrom(Blocked(LL_WAIT_LOCK, 4'000), record, kNow);
  EXPECT_EQ(sample.in_state, 9'000ns);
  EXPECT_EQ(sample.counters.Blocked(), 6'000ns);
}

TEST(SampleTest, AThreadThatWasWokenIsRunnableAndItsQueueIsNoWait) {
  ll_record record = Record(4'000);
  record.queued_ns = 7'000;
  record.queued_before_ns = 100;
  record.queued_self_ns = 1'000;
  record.queued_neighbour_ns = 1'500;
  const ThreadSample sample = SampleFrom(Blocked(LL_WAIT_DISK, 4'000), record, kNow);
  EXPECT_EQ(sample.state, ThreadState::kRunnable);
  EXPECT_EQ(sample.in_state, 3'100ns);
  EXPECT_EQ(sample.counters.Blocked(), 2'900ns);
  EXPECT_EQ(sample.counters.runq_self, 1'000ns);
  EXPECT_EQ(sample.counters.runq_neighbour, 1'500ns);
  EXPECT_EQ(sample.counters.runq_unattributed, 600ns);
}

TEST(SampleTest, WhatAQuotaHoldsBackOfAQueueIsNeitherOwnNorANeighbours) {
  ll_record record = Record(4'000);
  record.queued_ns = 7'000;
  record.queued_self_ns = 1'000;
  record.queued_neighbour_ns = 1'500;
  record.queued_throttled_ns = 1'200;
  const ThreadSample sample = SampleFrom(Blocked(LL_WAIT_DISK, 4'000), record, kNow);
  EXPECT_EQ(sample.counters.runq_throttled, 1'200ns);
  EXPECT_EQ(sample.counters.runq_self, 1'000ns);
  EXPECT_EQ(sample.counters.runq_neighbour, 800ns);
  EXPECT_EQ(sample.counters.RunQueue(), 3'000ns);
}

TEST(SampleTest, AStoppedThreadSaysByWhomAndIsOnNoFutex) {
  ll_slot slot = Blocked(LL_WAIT_STOPPED, 4'000);
  slot.wait_addr = LL_HOLDER_TRACER;
  for (const std::uint64_t since :
       {4'000, 3'000}) {  // With a record of this interval, and without.
    const ThreadSample sample = SampleFrom(slot, Record(since), kNow);
    EXPECT_EQ(sample.holder, Holder::kTracer);
    EXPECT_EQ(sample.futex, 0u);
  }
  slot.wait_addr = 4711;  // Of a newer kernel side.
  EXPECT_EQ(SampleFrom(slot, Record(3'000), kNow).holder, Holder::kUnknown);
}

TEST(SampleTest, AThreadThatIsFrozenInItsWaitIsStoppedForThatTime) {
  ll_slot slot = Blocked(LL_WAIT_LOCK, 4'000);
  slot.wait_addr = 0x7f00;
  ll_record record = Record(4'000);
  record.reason = LL_WAIT_STOPPED;
  record.frozen_ns = 2'500;
  ThreadSample sample = SampleFrom(slot, record, kNow);
  EXPECT_EQ(sample.reason, WaitReason::kStopped);
  EXPECT_EQ(sample.holder, Holder::kFreezer);
  EXPECT_EQ(sample.futex, 0u);
  EXPECT_EQ(sample.counters.blocked_for(WaitReason::kStopped), 2'500ns);
  EXPECT_EQ(sample.counters.blocked_for(WaitReason::kLock), 3'500ns);

  record.reason = LL_WAIT_LOCK;  // It goes on waiting.
  sample = SampleFrom(slot, record, kNow);
  EXPECT_EQ(sample.reason, WaitReason::kLock);
  EXPECT_EQ(sample.futex, 0x7f00u);
  EXPECT_EQ(sample.counters.blocked_for(WaitReason::kStopped), 2'500ns);
  EXPECT_EQ(sample.counters.Blocked(), 6'000ns);
}

TEST(SampleTest, ARecordOfAnEarlierIntervalSaysNothing) {
  ll_record record = Record(3'000);
  record.queued_ns = 3'500;
  const ThreadSample sample = SampleFrom(Blocked(LL_WAIT_DISK, 4'000), record, kNow);
  EXPECT_EQ(sample.state, ThreadState::kBlocked);
  EXPECT_EQ(sample.counters.Blocked(), 6'000ns);
}

TEST(SampleTest, AThrottledThreadIsHeldBackByItsQuota) {
  const ThreadSample sample = SampleFrom(Slot(LL_STATE_THROTTLED, 4'000), Record(4'000), kNow);
  EXPECT_EQ(sample.state, ThreadState::kRunnable);
  EXPECT_EQ(sample.in_state, 6'000ns);
  EXPECT_EQ(sample.counters.runq_throttled, 6'000ns);
  EXPECT_EQ(sample.counters.RunQueue(), 6'000ns);
}

TEST(SampleTest, AThreadThatLeftTheCpuAfterAWaitIsQueuedAndNotThrottled) {
  ll_slot slot = Slot(LL_STATE_RUNNABLE, 4'000);
  slot.reason = LL_WAIT_DISK;  // Of the wait before.
  const ThreadSample sample = SampleFrom(slot, Record(4'000), kNow);
  EXPECT_EQ(sample.counters.runq_unattributed, 6'000ns);
  EXPECT_EQ(sample.counters.RunQueue(), 6'000ns);
  EXPECT_EQ(sample.counters.Blocked(), 0ns);
}

TEST(SampleTest, AReasonThatIsNotKnownIsOther) {
  for (int reason = LL_WAIT_REASON_COUNT; reason < 256; ++reason) {
    const ThreadSample sample =
        SampleFrom(Blocked(static_cast<ll_wait_reason>(reason), 4'000), Record(4'000), kNow);
    EXPECT_EQ(sample.reason, WaitReason::kOther);
    EXPECT_EQ(sample.counters.blocked_for(WaitReason::kOther), 6'000ns);
    EXPECT_EQ(sample.counters.Blocked(), 6'000ns);
  }
}

TEST(SampleTest, TimeThatAnEventLoopWasAwayFromItsPollIsToldInMilliseconds) {
  ll_slot slot = Slot(LL_STATE_RUNNING, kNow);
  slot.loop_ran = 1000;
  EXPECT_EQ(SampleFrom(slot, Record(kNow), kNow).loop_ran, 1'048'576'000ns);
}

TEST(SampleTest, AnIntervalThatBeganAfterTheReadingIsEmpty) {
  const ThreadSample sample = SampleFrom(Slot(LL_STATE_RUNNING, kNow + 5), Record(0), kNow);
  EXPECT_EQ(sample.counters, PoolCounters{});
}

TEST(SampleTest, AThreadThatIsThrottledAndLeftOutIsRunnable) {
  ll_record record = Record(1'000);
  record.state = LL_STATE_THROTTLED;
  record.left_out = 1;
  const ThreadSample sample = SampleFrom(Slot(LL_STATE_THROTTLED, 1'000), record, kNow);
  EXPECT_EQ(sample.state, ThreadState::kRunnable);
  EXPECT_EQ(sample.counters, PoolCounters{});
}

TEST(SampleTest, AThreadThatIsLeftOutShowsWhatItDoesAndCountsNothing) {
  ll_slot slot = Slot(LL_STATE_RUNNING, 1'000);
  slot.totals.on_cpu_ns = 500;
  ll_record record = Record(1'000);
  record.state = LL_STATE_BLOCKED;
  record.left_out = 1;
  const ThreadSample sample = SampleFrom(slot, record, kNow);
  EXPECT_EQ(sample.state, ThreadState::kBlocked);
  EXPECT_EQ(sample.counters.on_cpu, 500ns);
  EXPECT_EQ(sample.counters.Blocked(), 0ns);
}

}  // namespace
}  // namespace loadline::agent
