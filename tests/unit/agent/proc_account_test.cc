// SPDX-License-Identifier: Apache-2.0
// Goal: what is booked for a thread adds up to its wall time, never goes down, and is attributed by
// the rules in the header.
// Method: looks with times of their own; no file and no clock.
#include "agent/src/sampler/proc_account.h"

#include <chrono>
#include <optional>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;  // NOLINT: durations read like durations.
using ::testing::SizeIs;
using Duration = Clock::Duration;
using enum ThreadState;
using enum WaitReason;

struct Seen {
  Duration at{};
  ThreadState state = kBlocked;
  Duration on_cpu{};
  Duration run_delay{};
  int runs = 1;
  WaitReason reason = kOther;
  int involuntary = 0;
  std::string peer = "";
};

ProcLook Look(const Seen& seen) {
  const int ended = seen.runs - (seen.state == kRunning ? 1 : 0);
  return {.at = Clock::Time(seen.at),
          .state = seen.state,
          .sched = {static_cast<std::uint64_t>(seen.on_cpu.count()),
                    static_cast<std::uint64_t>(seen.run_delay.count()),
                    static_cast<std::uint64_t>(seen.runs)},
          .status = {.voluntary = ended - seen.involuntary, .involuntary = seen.involuntary},
          .wait = {seen.reason, {seen.peer}}};
}

Duration Wall(const PoolCounters& counters) {
  return counters.on_cpu + counters.RunQueue() + counters.Blocked();
}

class ProcAccountTest : public ::testing::Test {
 protected:
  void Start(const Seen& seen, std::optional<Duration> lived = std::nullopt) {
    account_.emplace(Look(seen), lived);
    account_->BookRunQueue({}, 0);
  }
  const PoolCounters& Then(const Seen& seen) {
    account_->Advance(Look(seen));
    account_->BookRunQueue({}, 0);
    return account_->counters();
  }

  std::optional<ProcAccount> account_;
};

TEST_F(ProcAccountTest, WhatWasBeforeTheFirstLookIsNotCounted) {
  Start({.at = 1s, .on_cpu = 500ms, .run_delay = 90ms, .runs = 40});
  EXPECT_EQ(Wall(account_->counters()), 0s);
  const PoolCounters& counters =
      Then({.at = 2s, .on_cpu = 700ms, .run_delay = 100ms, .runs = 42, .reason = kDisk});
  EXPECT_EQ(counters.on_cpu, 200ms);
  EXPECT_EQ(counters.RunQueue(), 10ms);
  EXPECT_EQ(Wall(counters), 1s);
  EXPECT_EQ(counters.switches_voluntary, 2);
}

TEST_F(ProcAccountTest, AThreadThatIsNewIsCountedFromItsStart) {
  Start({.at = 1s, .on_cpu = 30ms, .run_delay = 5ms, .runs = 3, .reason = kNetwork}, 100ms);
  EXPECT_EQ(account_->counters().on_cpu, 30ms);
  EXPECT_EQ(account_->counters().RunQueue(), 5ms);
  EXPECT_EQ(account_->counters().blocked_for(kNetwork), 65ms);
  EXPECT_EQ(account_->counters().switches_voluntary, 3);
}

TEST_F(ProcAccountTest, AnOpenWaitIsCountedAndGrowsOlder) {
  Start({.reason = kNetwork});
  account_->AdvanceBlocked(Clock::Time(10s));
  EXPECT_EQ(account_->counters().blocked_for(kNetwork), 10s);
  EXPECT_EQ(account_->in_state(), 10s);
  EXPECT_EQ(Then({.at = 11s, .runs = 2, .reason = kDisk}).blocked_for(kNetwork), 10500ms);
  EXPECT_EQ(account_->in_state(), 0s);
}

TEST_F(ProcAccountTest, BlockedTimeGoesToTheWaitsAtBothEndsByHalves) {
  Start({.reason = kLock});
  const PoolCounters& counters = Then({.at = 1s, .on_cpu = 200ms, .runs = 9, .reason = kDisk});
  EXPECT_EQ(counters.blocked_for(kLock), 400ms);
  EXPECT_EQ(counters.blocked_for(kDisk), 400ms);
}

TEST_F(ProcAccountTest, BlockedTimeBetweenTwoRunsGoesToTheLastWaitThatWasSeen) {
  Start({.reason = kLock});
  Then({.at = 1s, .state = kRunning, .runs = 2});
  const PoolCounters& counters = Then({.at = 2s, .state = kRunning, .on_cpu = 300ms, .runs = 7});
  EXPECT_EQ(counters.blocked_for(kLock), 1700ms);
}

TEST_F(ProcAccountTest, ARunningThreadsSumIsOldAndTheRestIsItsRun) {
  Start({.state = kRunning, .runs = 5});
  const PoolCounters& counters = Then({.at = 100ms, .state = kRunning, .on_cpu = 97ms, .runs = 5});
  EXPECT_EQ(counters.on_cpu, 100ms);
  EXPECT_EQ(Then({.at = 200ms, .state = kRunning, .on_cpu = 199ms, .runs = 5}).on_cpu, 200ms);
}

TEST_F(ProcAccountTest, AThreadThatStarvesIsSeenToWaitForACpuNow) {
  Start({.state = kRunnable, .runs = 5, .involuntary = 2});
  EXPECT_EQ(Then({.at = 1s, .state = kRunnable, .runs = 5, .involuntary = 2}).RunQueue(), 1s);
  // It ran at last, and the kernel's sum says the same.
  const PoolCounters& counters = Then({.at = 2s,
                                       .state = kRunnable,
                                       .on_cpu = 600ms,
                                       .run_delay = 1400ms,
                                       .runs = 6,
                                       .involuntary = 3});
  EXPECT_EQ(counters.RunQueue(), 1400ms);
  EXPECT_EQ(counters.Blocked(), 0s);
}

TEST_F(ProcAccountTest, WhatWasBookedTooMuchIsTakenFromLaterBookings) {
  Start({.state = kRunning, .runs = 5});
  // It blocked in between, so a tick of the present run looks like blocked time ...
  Then({.at = 100ms, .state = kRunning, .on_cpu = 50ms, .runs = 9});
  EXPECT_EQ(account_->counters().Blocked(), 50ms);
  // ... which the kernel's sum shows to have been 4 ms less.
  Then({.at = 104ms, .state = kRunning, .on_cpu = 58ms, .runs = 9});
  EXPECT_EQ(account_->overbooked(), 4ms);
  const PoolCounters& counters = Then({.at = 200ms, .on_cpu = 60ms, .runs = 9, .reason = kDisk});
  EXPECT_EQ(account_->overbooked(), 0ms);
  EXPECT_EQ(Wall(counters), 200ms);
}

TEST_F(ProcAccountTest, RunQueueTimeIsSplitByQuotaFirst) {
  Start({.state = kRunning});
  account_->Advance(Look({.at = 1s, .state = kRunning, .on_cpu = 400ms, .run_delay = 600ms}));
  account_->BookRunQueue(200ms, 0.25);
  EXPECT_EQ(account_->counters().runq_throttled, 200ms);
  EXPECT_EQ(account_->counters().runq_self, 100ms);
  EXPECT_EQ(account_->counters().runq_neighbour, 300ms);
}

TEST_F(ProcAccountTest, NoMoreIsThrottledThanWasWaited) {
  Start({.state = kRunning});
  account_->Advance(Look({.at = 1s, .state = kRunning, .on_cpu = 900ms, .run_delay = 100ms}));
  account_->BookRunQueue(5s, 1);
  EXPECT_EQ(account_->counters().runq_throttled, 100ms);
  EXPECT_EQ(account_->counters().RunQueue(), 100ms);
}

TEST_F(ProcAccountTest, ANetworkWaitIsHandedOutWhenItEnds) {
  Start({.reason = kNetwork, .peer = "10.0.0.5:5432"});
  account_->AdvanceBlocked(Clock::Time(3s));
  EXPECT_THAT(account_->TakePeerWaits(), SizeIs(0));
  Then({.at = 4s, .state = kRunning, .runs = 2});
  const std::vector<ProcPeerWait> ended = account_->TakePeerWaits();
  Duration waited{};
  for (const ProcPeerWait& wait : ended) {
    EXPECT_EQ(wait.peer.text, "10.0.0.5:5432");
    waited += wait.waited;
  }
  EXPECT_EQ(waited, 4s);
  EXPECT_EQ(waited, account_->counters().blocked_for(kNetwork));
}

// A thread that waits 3 ms for the network, then 1 ms for a lock, over and over, and runs 1 ms
// before each: shares of sampled reasons come right, whatever the phase of the looks.
TEST_F(ProcAccountTest, SharesOfSampledReasonsComeRight) {
  constexpr int kPeriodUs = 6000;
  std::mt19937 random(1);
  std::uniform_int_distribution<int> step_us(70'000, 130'000);
  Start({.state = kRunning});
  int at_us = 0;
  for (int look = 0; look < 2000; ++look) {
    at_us += step_us(random);
    const int cycle = at_us / kPeriodUs;
    const int phase = at_us % kPeriodUs;
    Seen seen{.at = std::chrono::microseconds(at_us), .runs = 1 + cycle * 2};
    int ran_us = cycle * 2000;
    if (phase < 1000) {
      seen.state = kRunning;
      ran_us += phase;
    } else if (phase < 4000) {
      seen.reason = kNetwork;
      ran_us += 1000;
    } else if (phase < 5000) {
      seen.state = kRunning;
      seen.runs += 1;
      ran_us += 1000 + phase - 4000;
    } else {
      seen.reason = kLock;
      seen.runs += 1;
      ran_us += 2000;
    }
    seen.on_cpu = std::chrono::microseconds(ran_us);
    Then(seen);
  }
  const PoolCounters& counters = account_->counters();
  EXPECT_EQ(Wall(counters), std::chrono::microseconds(at_us));
  const double network = static_cast<double>(counters.blocked_for(kNetwork).count()) /
                         static_cast<double>(counters.Blocked().count());
  EXPECT_NEAR(network, 0.75, 0.03);  // Three standard errors of 2000 looks.
}

}  // namespace
}  // namespace loadline::agent
