// SPDX-License-Identifier: Apache-2.0
//
// Goal: the agent hears of every pool, thread and limiter once, in order, and again when it is new.
// Method: real pools and limiters; time is given; no connection.
#include "sdk/agent_client/src/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "loadline/testing/eventually.h"
#include "loadline/testing/fake_clock.h"
#include "loadline/testing/scripted_law.h"
#include "sdk/agent_client/src/backoff.h"
#include "sdk/agent_client/src/messages.h"

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using What = v1::SessionRequest::WhatCase;

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() {
    EXPECT_TRUE(testing::Eventually([&] { return pool_->tids().size() == 2; }));
    outbox_.Add(*pool_);
    outbox_.Add(*limiter_);
  }
  std::vector<v1::SessionRequest> TakeAfter(Clock::Duration step) {
    clock_.Advance(step);
    return outbox_.Take(clock_.Now());
  }
  std::vector<What> KindsAfter(Clock::Duration step) {
    std::vector<What> kinds;
    for (const v1::SessionRequest& request : TakeAfter(step)) {
      kinds.push_back(request.what_case());
    }
    return kinds;
  }

  testing::FakeClock clock_;
  std::unique_ptr<ThreadPool> pool_ = *ThreadPool::Create({.name = "worker",
                                                           .sizing = Sizing::kFixed,
                                                           .threads_min = 1,
                                                           .threads_initial = 2,
                                                           .threads_max = 4,
                                                           .clock = &clock_});
  std::unique_ptr<Limiter> limiter_ = *Limiter::Create({.name = "checkout",
                                                        .mode = Mode::kEnforce,
                                                        .law = "fixed",
                                                        .pool = "worker",
                                                        .limit_initial = 3,
                                                        .clock = &clock_});
  Outbox outbox_{"shop"};
};

TEST_F(OutboxTest, GreetsThenRegistersThenReports) {
  const std::vector<v1::SessionRequest> first = TakeAfter(0ms);
  ASSERT_EQ(first.size(), 4U);
  EXPECT_EQ(first[0].hello().service(), "shop");
  EXPECT_EQ(first[0].hello().protocol_version(), 1U);
  EXPECT_EQ(first[1].pool().name(), "worker");
  EXPECT_EQ(first[1].pool().tids_size(), 2);
  EXPECT_EQ(first[1].pool().idle_addresses(0).start(), pool_->idle_addresses().start);
  EXPECT_EQ(first[1].pool().idle_addresses(0).length_bytes(), pool_->idle_addresses().length_bytes);
  EXPECT_EQ(first[2].pool_report().threads(), 2U);
  EXPECT_EQ(first[2].pool_report().reason(), "fixed");
  EXPECT_EQ(first[3].limiter().name(), "checkout");
  EXPECT_EQ(first[3].limiter().mode(), "enforce");
  EXPECT_EQ(first[3].limiter().law(), "fixed");
  EXPECT_EQ(first[3].limiter().limit(), 3);
  EXPECT_EQ(first[3].limiter().pool(), "worker");
  EXPECT_EQ(first[3].limiter().signal_source(), "latency");
}

TEST_F(OutboxTest, ReportsOnceASecondAndIsSilentOtherwise) {
  TakeAfter(0ms);
  EXPECT_THAT(KindsAfter(100ms), IsEmpty());
  EXPECT_THAT(KindsAfter(900ms), ElementsAre(What::kPoolReport, What::kLimiter));
}

TEST_F(OutboxTest, TellsOfThreadsThatComeAndGoAsSoonAsTheyDo) {
  TakeAfter(0ms);
  pool_->Resize(4);
  ASSERT_TRUE(testing::Eventually([&] { return pool_->tids().size() == 4; }));
  const std::vector<v1::SessionRequest> joined = TakeAfter(100ms);
  ASSERT_EQ(joined.size(), 1U);
  EXPECT_EQ(joined[0].threads().joined_tids_size(), 2);

  pool_->Resize(1);
  ASSERT_TRUE(testing::Eventually([&] { return pool_->Stats().threads_parked == 3; }));
  clock_.Advance(60s);
  pool_->Tick({.now = clock_.Now()});
  ASSERT_TRUE(testing::Eventually([&] { return pool_->tids().size() == 1; }));
  EXPECT_EQ(TakeAfter(0ms)[0].threads().left_tids_size(), 3);
}

TEST_F(OutboxTest, ReportsALimitThatMovedAtOnce) {
  control::Decision decision{.limit = 20};
  std::vector<control::Window> windows;
  auto moving = *Limiter::Create({.name = "moving", .clock = &clock_},
                                 std::make_unique<testing::ScriptedLaw>(&decision, &windows));
  outbox_.Add(*moving);
  TakeAfter(0ms);
  clock_.Advance(100ms);
  decision = {.limit = 10, .reason = control::Reason::kLate};
  moving->Tick({.now = clock_.Now()});
  const std::vector<v1::SessionRequest> told = TakeAfter(0ms);
  outbox_.Remove(*moving);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].limiter().limit(), 10);
  EXPECT_EQ(told[0].limiter().reason(), "late");
  EXPECT_EQ(told[0].limiter().limit_changes(0).cause(), "late");
}

TEST_F(OutboxTest, ANewAgentHearsEverythingAgain) {
  TakeAfter(0ms);
  outbox_.Restart();
  EXPECT_THAT(KindsAfter(0ms),
              ElementsAre(What::kHello, What::kPool, What::kPoolReport, What::kLimiter));
}

TEST_F(OutboxTest, AfterRemovalOnlyAFarewellIsSaid) {
  TakeAfter(0ms);
  outbox_.Remove(*pool_);
  outbox_.Remove(*limiter_);
  pool_.reset();
  limiter_.reset();
  const std::vector<v1::SessionRequest> last = TakeAfter(5s);
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].threads().left_tids_size(), 2);
  EXPECT_THAT(KindsAfter(5s), IsEmpty());
}

TEST(MessagesTest, AReasonOfANewerAgentCountsAsOther) {
  v1::PoolSignal signal;
  for (int i = 0; i < kWaitReasonCount + 2; ++i) {
    signal.add_blocked_ns(10);
  }
  const PoolTotals totals = TotalsOf(signal);
  EXPECT_EQ(totals.counters.blocked_for(WaitReason::kOther).count(), 30);
  EXPECT_EQ(totals.counters.blocked_for(WaitReason::kIdle).count(), 10);
}

TEST(BackoffTest, DoublesToTwoSecondsWithJitterAndStartsAgain) {
  Backoff backoff(7);
  Clock::Duration top = Backoff::kFirst;
  for (int i = 0; i < 10; ++i) {
    const Clock::Duration pause = backoff.Next();
    EXPECT_GE(pause, top / 2);
    EXPECT_LE(pause, top);
    top = std::min(top * 2, Backoff::kMost);
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next(), Backoff::kFirst);
}

}  // namespace
}  // namespace loadline
