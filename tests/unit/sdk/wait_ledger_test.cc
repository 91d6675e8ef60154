// SPDX-License-Identifier: Apache-2.0
// Goal: a breakdown is exact or there is none, whatever the agent does.
// Method: an agent and a kernel played by the test: arrays in memory, a socket, a clock.
#include "loadline/wait_ledger.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "loadline/testing/fake_clock.h"
#include "loadline/testing/fake_ledger_agent.h"

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""ns;
using std::chrono_literals::operator""s;
using testing::FakeLedger;

class WaitLedgerTest : public ::testing::Test {
 protected:
  WaitLedgerTest() { clock_.Advance(100s); }

  void Open() {
    array_.ShowAlive(clock_.Now());
    ledger_.Poll();
    ASSERT_TRUE(agent_.Accept());
    EXPECT_EQ(ledger_.state(), LedgerState::kAsking);
    agent_.Give(array_);
    ledger_.Poll();
    ASSERT_EQ(ledger_.state(), LedgerState::kOpen);
  }

  testing::FakeClock clock_;
  testing::FakeLedgerAgent agent_;
  FakeLedger array_{16, 1};
  ll_slot& own_ = array_.Give(3, gettid());
  WaitLedger ledger_{{.agent_socket = agent_.self_socket(), .clock = &clock_}};
};

TEST_F(WaitLedgerTest, WithoutAnAgentThereIsNone) {
  agent_.Die();
  ledger_.Poll();
  EXPECT_EQ(ledger_.state(), LedgerState::kNoAgent);
  const WaitMark mark = ledger_.Begin();
  EXPECT_FALSE(mark);
  EXPECT_FALSE(ledger_.End(mark));
}

TEST_F(WaitLedgerTest, TellsWhereTheTimeWent) {
  own_.totals.blocked_ns[LL_WAIT_NETWORK] = 7'000'000;  // Before the request.
  own_.totals.runq_self_ns = 1'000'000;
  Open();
  const WaitMark mark = ledger_.Begin();
  ASSERT_TRUE(mark);
  clock_.Advance(60ms);
  own_.totals.blocked_ns[LL_WAIT_NETWORK] += 50'000'000;
  own_.totals.runq_self_ns += 2'000'000;
  own_.totals.runq_neighbour_ns += 3'000'000;
  own_.totals.runq_throttled_ns += 500'000;
  own_.totals.runq_unattributed_ns += 250'000;
  own_.totals.switches_voluntary += 2;
  own_.totals.switches_involuntary += 1;
  own_.totals.on_cpu_ns += 123;  // Of the kernel's clock, up to the last switch: not asked.
  const auto spent = ledger_.End(mark);
  ASSERT_TRUE(spent);
  EXPECT_EQ(spent->wall, 60ms);
  EXPECT_EQ(spent->time.blocked_for(WaitReason::kNetwork), 50ms);
  EXPECT_EQ(spent->time.Blocked(), 50ms);
  EXPECT_EQ(spent->time.runq_self, 2ms);
  EXPECT_EQ(spent->time.runq_neighbour, 3ms);
  EXPECT_EQ(spent->time.runq_throttled, 500'000ns);
  EXPECT_EQ(spent->time.runq_unattributed, 250'000ns);
  EXPECT_EQ(spent->time.on_cpu, 60ms - 50ms - 5'750'000ns);
  EXPECT_EQ(spent->time.switches_voluntary, 2);
  EXPECT_EQ(spent->time.switches_involuntary, 1);
}

TEST_F(WaitLedgerTest, TwoClocksThatDriftDoNotMakeTimeNegative) {
  Open();
  const WaitMark mark = ledger_.Begin();
  clock_.Advance(1s);
  own_.totals.blocked_ns[LL_WAIT_DISK] += 1'000'040'000;  // By the scheduler's clock.
  const auto spent = ledger_.End(mark);
  ASSERT_TRUE(spent);
  EXPECT_EQ(spent->time.on_cpu, 0ns);
  EXPECT_EQ(spent->time.Blocked(), spent->wall);
}

TEST_F(WaitLedgerTest, AMarkIsItsThreadsOwn) {
  Open();
  const WaitMark mark = ledger_.Begin();
  std::thread([&] {
    EXPECT_FALSE(ledger_.Begin()) << "it has no slot";
    EXPECT_FALSE(ledger_.End(mark));
  }).join();
  std::thread([&] {
    array_.Give(4, gettid());
    EXPECT_TRUE(ledger_.Begin());
    EXPECT_FALSE(ledger_.End(mark)) << "another thread's";
  }).join();
  EXPECT_TRUE(ledger_.End(mark));
}

TEST_F(WaitLedgerTest, ASlotThatIsBeingWrittenIsNotRead) {
  Open();
  own_.seq = 1;
  EXPECT_FALSE(ledger_.Begin());
  own_.seq = 2;
  EXPECT_TRUE(ledger_.Begin());
}

TEST_F(WaitLedgerTest, AThreadThatLeftItsSlotHasNone) {
  Open();
  const WaitMark mark = ledger_.Begin();
  own_.tid_inner = 0;
  EXPECT_FALSE(ledger_.Begin());
  EXPECT_FALSE(ledger_.End(mark));
}

TEST_F(WaitLedgerTest, ALargerArrayTakesThePlaceOfTheOneBefore) {
  Open();
  const WaitMark mark = ledger_.Begin();
  FakeLedger larger(64, 2);
  larger.ShowAlive(clock_.Now());
  ll_slot& moved = larger.Give(40, gettid());
  moved.totals = own_.totals;
  own_.tid_inner = 0;
  array_.header().used = 0;
  agent_.Give(larger);
  ledger_.Poll();
  clock_.Advance(10ms);
  moved.totals.blocked_ns[LL_WAIT_SLEEP] += 9'000'000;
  const auto spent = ledger_.End(mark);
  ASSERT_TRUE(spent) << "the thread took its totals along";
  EXPECT_EQ(spent->time.blocked_for(WaitReason::kSleep), 9ms);
}

TEST_F(WaitLedgerTest, WhatLayBeyondASmallerArrayIsNotReadAgain) {
  FakeLedger larger(64, 1);
  larger.ShowAlive(clock_.Now());
  larger.Give(40, 4711);
  ledger_.Poll();
  ASSERT_TRUE(agent_.Accept());
  agent_.Give(larger);
  ledger_.Poll();
  std::vector<WaitLedger::Thread> threads;
  ASSERT_TRUE(ledger_.ReadThreads(clock_.Now(), threads));
  EXPECT_EQ(threads.size(), 1U);
  larger.header().used = 0;
  array_.ShowAlive(clock_.Now());
  agent_.Give(array_);
  ledger_.Poll();
  ASSERT_TRUE(ledger_.ReadThreads(clock_.Now(), threads));
  ASSERT_EQ(threads.size(), 1U);
  EXPECT_EQ(threads[0].tid, gettid());
}

TEST_F(WaitLedgerTest, ASilentAgentIsNotBelieved) {
  Open();
  const WaitMark mark = ledger_.Begin();
  clock_.Advance(Clock::Duration{LL_ALIVE_FOR_NS} + 1ns);
  EXPECT_FALSE(ledger_.End(mark));
  EXPECT_FALSE(ledger_.Begin());
  std::vector<WaitLedger::Thread> threads;
  EXPECT_FALSE(ledger_.ReadThreads(clock_.Now(), threads));
  ledger_.Poll();
  EXPECT_EQ(ledger_.state(), LedgerState::kSilent);
  array_.ShowAlive(clock_.Now());
  ledger_.Poll();
  EXPECT_EQ(ledger_.state(), LedgerState::kOpen);
  EXPECT_TRUE(ledger_.End(mark)) << "it was late, and counted all the time";
}

TEST_F(WaitLedgerTest, AnAgentThatDiesEndsTheSession) {
  Open();
  const WaitMark mark = ledger_.Begin();
  agent_.Die();
  clock_.Advance(400ms);  // No sign of life for longer than usual: a look at the connection.
  ledger_.Poll();
  EXPECT_EQ(ledger_.state(), LedgerState::kNoAgent);
  EXPECT_FALSE(ledger_.End(mark));
  agent_.Listen();
  ledger_.Poll();
  EXPECT_FALSE(agent_.Accept()) << "not at once again";
  clock_.Advance(1s);
  Open();
  EXPECT_TRUE(ledger_.Begin());
  EXPECT_FALSE(ledger_.End(mark)) << "the new agent counts from another start";
}

TEST_F(WaitLedgerTest, ARefusalHasAReasonAndIsNotAskedAgainSoon) {
  constexpr std::pair<ll_ledger_status, LedgerState> kCases[] = {
      {LL_LEDGER_VERSION, LedgerState::kVersion},     {LL_LEDGER_SOURCE, LedgerState::kSource},
      {LL_LEDGER_FULL, LedgerState::kFull},           {LL_LEDGER_TAKEN, LedgerState::kTaken},
      {LL_LEDGER_NAMESPACE, LedgerState::kNamespace}, {LL_LEDGER_RATE, LedgerState::kRate},
      {LL_LEDGER_IMAGE, LedgerState::kImage},         {LL_LEDGER_FAILED, LedgerState::kFailed},
      {LL_LEDGER_STATUS_COUNT, LedgerState::kFailed},
  };
  for (const auto& [answer, state] : kCases) {
    ledger_.Poll();
    ASSERT_TRUE(agent_.Accept()) << Name(state);
    agent_.Refuse(answer);
    ledger_.Poll();
    EXPECT_EQ(ledger_.state(), state);
    EXPECT_FALSE(ledger_.Begin());
    clock_.Advance(9s);
    ledger_.Poll();
    EXPECT_FALSE(agent_.Accept());
    clock_.Advance(1s);
  }
}

TEST_F(WaitLedgerTest, TheNamesOfStatesAreTheAgentsLabels) {
  constexpr std::string_view kLabels[] = {
#define LOADLINE_STATUS_NAME(name, text) text,
      LL_LEDGER_STATUSES(LOADLINE_STATUS_NAME)
#undef LOADLINE_STATUS_NAME
  };
  for (std::size_t i = 1; i < std::size(kLabels); ++i) {
    const auto state =
        static_cast<LedgerState>(static_cast<std::size_t>(LedgerState::kVersion) + i - 1);
    EXPECT_EQ(Name(state), kLabels[i]);
  }
}

TEST_F(WaitLedgerTest, AnArrayThatIsNotWhatWasSaidIsNotUsed) {
  array_.header().slots = 15;
  ledger_.Poll();
  ASSERT_TRUE(agent_.Accept());
  agent_.Give(array_);
  ledger_.Poll();
  EXPECT_EQ(ledger_.state(), LedgerState::kFailed);
  EXPECT_FALSE(ledger_.Begin());
  clock_.Advance(10s);
  ledger_.Poll();
  ASSERT_TRUE(agent_.Accept());
  agent_.Send(
      {.version = LL_ABI_VERSION, .status = LL_LEDGER_GIVEN, .slots = 1'000'000, .generation = 1},
      array_.fd());
  ledger_.Poll();
  EXPECT_EQ(ledger_.state(), LedgerState::kFailed);
  EXPECT_FALSE(ledger_.Begin());
}

// A child has other threads than those that the array is about.
TEST_F(WaitLedgerTest, AChildOfForkHasNoLedger) {
  Open();
  EXPECT_EXIT(
      {
        const bool forked = ledger_.state() == LedgerState::kForked;
        const bool none = !ledger_.Begin();
        ledger_.Poll();
        _exit(forked && none && ledger_.state() == LedgerState::kForked ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
  EXPECT_TRUE(ledger_.Begin());
}

// Else the agent takes the child for the process, whose slots it keeps as long as that lives.
TEST_F(WaitLedgerTest, AChildDoesNotHoldTheSocketOpen) {
  std::optional<WaitLedger> ledger(
      std::in_place, WaitLedgerOptions{.agent_socket = agent_.self_socket(), .clock = &clock_});
  array_.ShowAlive(clock_.Now());
  ledger->Poll();
  ASSERT_TRUE(agent_.Accept());
  int born[2], done[2];
  ASSERT_EQ(pipe(born) + pipe(done), 0);
  const pid_t child = fork();
  char byte = 0;
  if (child == 0) {
    alarm(10);
    close(done[1]);
    _exit(write(born[1], &byte, 1) == 1 && read(done[0], &byte, 1) == 0 ? 0 : 1);
  }
  ASSERT_EQ(read(born[0], &byte, 1), 1);
  EXPECT_FALSE(agent_.HasEnded());
  ledger.reset();
  EXPECT_TRUE(agent_.HasEnded());
  for (const int fd : {born[0], born[1], done[0], done[1]}) {
    close(fd);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// A clock at which whoever asks it stays, in the middle of Poll().
class StuckClock final : public Clock {
 public:
  Time Now() const noexcept override {
    asked_ = true;
    asked_.notify_all();
    stuck_.wait(true);
    return Time{};
  }
  void WaitUntilAsked() const { asked_.wait(false); }
  void Go() {
    stuck_ = false;
    stuck_.notify_all();
  }

 private:
  mutable std::atomic<bool> asked_{false};
  std::atomic<bool> stuck_{true};
};

TEST_F(WaitLedgerTest, AChildWaitsForNoThreadOfItsParent) {
  StuckClock clock;
  WaitLedger ledger({.agent_socket = agent_.self_socket(), .clock = &clock});
  std::thread poll([&] { ledger.Poll(); });
  clock.WaitUntilAsked();
  EXPECT_EXIT(
      {
        alarm(10);
        ledger.Poll();
        _exit(ledger.state() == LedgerState::kForked ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
  clock.Go();
  poll.join();
}

TEST_F(WaitLedgerTest, OpenIntervalsCountAsWhatTheyAre) {
  array_.header().clock_offset_ns = 1'000'000'000;
  const auto now_ns = static_cast<__u64>(clock_.Now().time_since_epoch().count());
  const __u64 since_ns = now_ns - 1'000'000'000 - 20'000'000;  // 20 ms ago, on their clock.
  own_.since_ns = since_ns;
  ll_slot& blocked = array_.Give(4, 104);
  blocked.state = LL_STATE_BLOCKED;
  blocked.reason = LL_WAIT_LOCK;
  blocked.since_ns = since_ns;
  blocked.totals.blocked_ns[LL_WAIT_LOCK] = 1'000'000;
  ll_slot& queued = array_.Give(5, 105);
  queued.state = LL_STATE_RUNNABLE;
  queued.reason = LL_WAIT_DISK;  // Of the wait before.
  queued.since_ns = since_ns;
  ll_slot& throttled = array_.Give(6, 106);
  throttled.state = LL_STATE_THROTTLED;
  throttled.since_ns = since_ns;
  Open();
  std::vector<WaitLedger::Thread> threads;
  ASSERT_TRUE(ledger_.ReadThreads(clock_.Now(), threads));
  ASSERT_EQ(threads.size(), 4U);
  EXPECT_EQ(threads[0].counters.on_cpu, 20ms);
  EXPECT_EQ(threads[1].counters.blocked_for(WaitReason::kLock), 21ms);
  EXPECT_EQ(threads[2].counters.runq_unattributed, 20ms);
  EXPECT_EQ(threads[3].counters.runq_throttled, 20ms);
}

}  // namespace
}  // namespace loadline
