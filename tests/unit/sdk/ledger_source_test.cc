// SPDX-License-Identifier: Apache-2.0
// Goal: the signal of a pool is what its threads did between two readings, no part of it negative.
// Method: a real pool, whose threads' slots the test writes.
#include "sdk/src/ledger_source.h"

#include <gtest/gtest.h>

#include <chrono>

#include "loadline/testing/eventually.h"
#include "loadline/testing/fake_clock.h"
#include "loadline/testing/fake_ledger_agent.h"
#include "sdk/src/settle.h"

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class LedgerSourceTest : public ::testing::Test {
 protected:
  LedgerSourceTest() {
    clock_.Advance(100s);
    EXPECT_TRUE(testing::Eventually([this] { return pool_->tids().size() == 2; }));
    std::uint32_t index = 1;
    for (const pid_t tid : pool_->tids()) {
      slots_.push_back(&array_.Give(index++, tid));
      slots_.back()->state = LL_STATE_RUNNING;
    }
    array_.Give(index, 1);  // Not of the pool.
    Touch();
    ledger_.Poll();
    EXPECT_TRUE(agent_.Accept());
    agent_.Give(array_);
    ledger_.Poll();
    source_.AddPool(*pool_);
  }
  ~LedgerSourceTest() override { source_.RemovePool(*pool_); }

  // All open intervals begin now, so that the totals are all there is.
  void Touch() {
    array_.ShowAlive(clock_.Now());
    for (std::uint32_t i = 1; i < array_.slots(); ++i) {
      array_.slot(i).since_ns = static_cast<__u64>(clock_.Now().time_since_epoch().count());
    }
  }
  std::optional<Signal> ReadAfter(Clock::Duration time) {
    clock_.Advance(time);
    Touch();
    return source_.Read("pool", clock_.Now());
  }

  testing::FakeClock clock_;
  testing::FakeLedgerAgent agent_;
  testing::FakeLedger array_{16, 1};
  WaitLedger ledger_{{.agent_socket = agent_.self_socket(), .clock = &clock_}};
  std::unique_ptr<ThreadPool> pool_ = *ThreadPool::Create({.name = "pool",
                                                           .sizing = Sizing::kFixed,
                                                           .threads_min = 2,
                                                           .threads_initial = 2,
                                                           .threads_max = 2,
                                                           .clock = &clock_});
  std::vector<ll_slot*> slots_;
  LedgerSource source_{ledger_};
};

TEST_F(LedgerSourceTest, TellsWhatHappenedBetweenTwoReadings) {
  EXPECT_FALSE(ReadAfter(0ms)) << "the first is half of a difference";
  slots_[0]->totals.on_cpu_ns += 30'000'000;
  slots_[0]->totals.blocked_ns[LL_WAIT_NETWORK] += 70'000'000;
  slots_[1]->totals.runq_neighbour_ns += 10'000'000;
  slots_[1]->totals.blocked_ns[LL_WAIT_IDLE] += 90'000'000;
  const auto signal = ReadAfter(100ms);
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->step, SignalStep::kLedger);
  EXPECT_EQ(signal->span, 100ms);
  EXPECT_EQ(signal->threads, 2);
  EXPECT_EQ(signal->taken_at, clock_.Now());
  EXPECT_EQ(signal->counters.on_cpu, 30ms);
  EXPECT_EQ(signal->counters.runq_neighbour, 10ms);
  EXPECT_EQ(signal->counters.blocked_for(WaitReason::kNetwork), 70ms);
  EXPECT_EQ(signal->counters.blocked_for(WaitReason::kIdle), 90ms);
}

// The agent was told of no futex: a worker without a task waits on a condition like any other.
TEST_F(LedgerSourceTest, WorkersWithoutATaskAreIdle) {
  ReadAfter(0ms);
  for (ll_slot* slot : slots_) {
    slot->totals.blocked_ns[LL_WAIT_CONDITION] += 60'000'000;
    slot->totals.blocked_ns[LL_WAIT_SYNC] += 30'000'000;
    slot->totals.blocked_ns[LL_WAIT_DISK] += 10'000'000;
  }
  const auto signal = ReadAfter(100ms);
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->counters.blocked_for(WaitReason::kIdle), 180ms);
  EXPECT_EQ(signal->counters.blocked_for(WaitReason::kCondition), 0ms);
  EXPECT_EQ(signal->counters.blocked_for(WaitReason::kSync), 0ms);
  EXPECT_EQ(signal->counters.blocked_for(WaitReason::kDisk), 20ms) << "no place to be idle at";
}

TEST_F(LedgerSourceTest, AThreadWithoutASlotLeavesThePoolToTheNextStep) {
  ReadAfter(0ms);
  const __u32 tid = std::exchange(slots_[1]->tid_inner, 0);
  EXPECT_FALSE(ReadAfter(100ms));
  slots_[1]->tid_inner = tid;
  EXPECT_FALSE(ReadAfter(100ms)) << "two readings make a difference";
  EXPECT_TRUE(ReadAfter(100ms));
}

TEST_F(LedgerSourceTest, ASpanThatIsTooLongIsNoAnswer) {
  ReadAfter(0ms);
  EXPECT_FALSE(ReadAfter(3s));
  EXPECT_TRUE(ReadAfter(100ms));
}

TEST_F(LedgerSourceTest, WithoutALedgerThereIsNoAnswer) {
  ReadAfter(0ms);
  clock_.Advance(2s);  // Nobody shows that he lives.
  EXPECT_FALSE(source_.Read("pool", clock_.Now()));
  EXPECT_FALSE(source_.Read("another", clock_.Now()));
}

TEST(SettleTest, WhatWasQueuedAfterAllIsTakenFromTheRest) {
  PoolCounters counters;
  counters.on_cpu = 40ms;
  counters.runq_self = 80ms;
  counters.blocked[static_cast<std::size_t>(WaitReason::kNetwork)] = -20ms;
  Settle(counters);
  EXPECT_EQ(counters.blocked_for(WaitReason::kNetwork), 0ms);
  EXPECT_NEAR(static_cast<double>((counters.on_cpu + counters.RunQueue()).count()), 100e6, 10);
  EXPECT_GT(counters.runq_self, counters.on_cpu);
}

TEST(SettleTest, WhatHasNoNegativePartStays) {
  PoolCounters counters;
  counters.on_cpu = 40ms;
  counters.runq_self = 60ms;
  const PoolCounters before = counters;
  Settle(counters);
  EXPECT_EQ(counters, before);
}

}  // namespace
}  // namespace loadline
