// SPDX-License-Identifier: Apache-2.0
// Goal: a tree like /proc becomes a reading that keeps the contract of Source.
// Method: FakeProc and a FakeClock; each test changes the tree between readings.
#include "agent/src/sampler/proc_source.h"

#include <sys/syscall.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "loadline/testing/fake_clock.h"
#include "tests/unit/agent/proc_fake.h"
#include "tests/unit/agent/proc_source_fixture.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;  // NOLINT
using testing::FakeProc;
using testing::FakeThread;
using ::testing::HasSubstr;
using testing::kMs;
using testing::ProcSourceTest;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::string Call(long number, const std::string& arguments) {
  return std::to_string(number) + " " + arguments + " 0x0 0x0 0x0 0x0 0x0 0x0\n";
}

TEST_F(ProcSourceTest, NamesAThread) {
  Begin({{100, {{.tid = 101, .comm = "worker-7", .started_ticks = 250}}}});
  Read();
  EXPECT_EQ(source_->name(), "proc");
  EXPECT_EQ(Thread(101).name, "worker-7");
  EXPECT_EQ(Thread(101).tgid, 100);
  EXPECT_EQ(Thread(101).tid_inner, 7);
  EXPECT_EQ(Thread(101).started_at_ns, 2'500'000'000U);
  EXPECT_FALSE(Thread(101).kernel);
}

TEST_F(ProcSourceTest, TellsRunningFromWaitingForACpu) {
  FakeThread queued{.tid = 102, .state = 'R', .runs = 5};
  Begin({{100, {{.tid = 101, .state = 'R', .runs = 5}, queued}}});
  // All of its runs have ended.
  proc_->Write("100/task/102/status",
               "voluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t2\n");
  Read();
  EXPECT_EQ(Thread(101).state, ThreadState::kRunning);
  EXPECT_EQ(Thread(102).state, ThreadState::kRunnable);
  EXPECT_EQ(Thread(102).tid_inner, 102);
}

TEST_F(ProcSourceTest, CountersAddUpToTheTimeBetweenReadings) {
  FakeThread thread{.tid = 101, .syscall = Call(SYS_clock_nanosleep, "0x1")};
  Begin({{100, {thread}}});
  Read();
  Pass(1s);
  thread.on_cpu_ns += 300 * kMs;
  thread.run_delay_ns += 100 * kMs;
  thread.runs += 5;
  proc_->Put(100, thread);
  Read();
  const PoolCounters& counters = Thread(101).counters;
  EXPECT_EQ(counters.on_cpu, 300ms);
  EXPECT_EQ(counters.RunQueue(), 100ms);
  EXPECT_EQ(counters.blocked_for(WaitReason::kSleep), 600ms);
  EXPECT_EQ(counters.switches_voluntary, 5);
}

TEST_F(ProcSourceTest, AStuckThreadIsSeenToWaitNow) {
  Begin({{100, {{.tid = 101, .syscall = Call(SYS_wait4, "0x1")}}}});
  Read();
  Pass(3600s);
  Read();
  EXPECT_EQ(Thread(101).in_state, 3600s);
  EXPECT_EQ(Thread(101).reason, WaitReason::kChild);
  EXPECT_EQ(Thread(101).counters.blocked_for(WaitReason::kChild), 3600s);
}

TEST_F(ProcSourceTest, ANetworkWaitHasAPeerAndItsTimeIsKeptWhenItEnds) {
  FakeThread thread{
      .tid = 101, .syscall = Call(SYS_recvfrom, "0x5"), .fds = {{5, "socket:[1060]"}}};
  Begin({{100, {thread}}});
  proc_->Write("100/net/tcp",
               "  sl  local_address\n   0: 0100007F:C350 0500000A:1538 01 00000000:00000000 "
               "00:00000000 00000000     0        0 1060 1 0\n");
  Read();
  EXPECT_EQ(Thread(101).reason, WaitReason::kNetwork);
  EXPECT_EQ(Thread(101).peer.text, "10.0.0.5:5432");
  Pass(2s);
  EXPECT_THAT(Read().peers, SizeIs(0));  // It is still waiting.
  thread.runs += 1;
  thread.state = 'R';
  proc_->Put(100, thread);
  ASSERT_THAT(Read().peers, SizeIs(1));
  EXPECT_EQ(reading_.peers[0].peer.text, "10.0.0.5:5432");
  EXPECT_EQ(reading_.peers[0].pool, "worker-*");
  EXPECT_EQ(reading_.peers[0].waited, 2s);
}

TEST_F(ProcSourceTest, ASocketOfAnotherFamilyIsIpc) {
  Begin({{100,
          {{.tid = 101, .syscall = Call(SYS_read, "0x3"), .fds = {{3, "socket:[9]"}}},
           {.tid = 102, .syscall = Call(SYS_read, "0x4"), .fds = {{4, "pipe:[9]"}}},
           {.tid = 103, .syscall = Call(SYS_read, "0x5"), .fds = {{5, "/var/lib/data"}}},
           {.tid = 104, .syscall = Call(SYS_read, "0x6"), .fds = {{6, "anon_inode:[timerfd]"}}}}}});
  Read();
  EXPECT_EQ(Thread(101).reason, WaitReason::kIpc);
  EXPECT_EQ(Thread(102).reason, WaitReason::kIpc);
  EXPECT_EQ(Thread(103).reason, WaitReason::kDisk);
  EXPECT_EQ(Thread(104).reason, WaitReason::kSleep);
}

TEST_F(ProcSourceTest, ThreadsThatAreGoneAreReportedOnceByPool) {
  Begin({{100, {{.tid = 101}, {.tid = 102, .comm = "worker-2"}, {.tid = 103, .comm = "main"}}}});
  Read();
  Pass(1s);
  Read();
  proc_->End(100, 101);
  proc_->End(100, 102);
  Pass(1s);
  ASSERT_THAT(Read().exited, SizeIs(1));
  EXPECT_EQ(reading_.exited[0].name, "worker-*");
  EXPECT_EQ(reading_.exited[0].tgid, 100);
  EXPECT_EQ(reading_.exited[0].threads, 2);
  EXPECT_EQ(reading_.exited[0].counters.Blocked(), 2s);  // Up to the last reading.
  EXPECT_THAT(Read().exited, SizeIs(0));
  EXPECT_THAT(reading_.threads, SizeIs(1));
}

TEST_F(ProcSourceTest, AZombieIsGone) {
  FakeThread thread{.tid = 101};
  Begin({{100, {{.tid = 100}, thread}}});
  Read();
  thread.state = 'Z';
  thread.runs += 1;
  proc_->Put(100, thread);
  EXPECT_THAT(Read().threads, SizeIs(1));
  EXPECT_THAT(reading_.exited, SizeIs(1));
}

TEST_F(ProcSourceTest, ANumberThatComesAgainIsAnotherThread) {
  Begin({{100, {{.tid = 101, .comm = "old", .runs = 50}}}});
  Read();
  Pass(1s);
  proc_->Put(100, {.tid = 101, .comm = "new", .on_cpu_ns = 10 * kMs, .started_ticks = 100'050});
  Read();
  EXPECT_EQ(Thread(101).name, "new");
  EXPECT_EQ(Thread(101).counters.on_cpu, 10ms);
  ASSERT_THAT(reading_.exited, SizeIs(1));
  EXPECT_EQ(reading_.exited[0].name, "old");
}

TEST_F(ProcSourceTest, AThreadBornSinceTheLastReadingIsCountedFromItsStart) {
  Begin({{100, {{.tid = 100}}}});
  Read();
  Pass(1s);
  proc_->Put(100, {.tid = 101, .on_cpu_ns = 200 * kMs, .started_ticks = 100'050});
  Read();
  EXPECT_EQ(Thread(101).counters.on_cpu, 200ms);
  EXPECT_EQ(Thread(101).counters.Blocked(), 300ms);
}

TEST_F(ProcSourceTest, OtherProcessesAreNotTouchedOnTheFastPath) {
  Begin({{100, {{.tid = 100}}}, {200, {{.tid = 200}}}, {300, {{.tid = 300}}}});
  Read();
  const std::array<pid_t, 2> wanted = {200, 999};
  HostReading reading;
  ASSERT_TRUE(source_->ReadProcesses(wanted, reading).ok());
  ASSERT_THAT(reading.threads, SizeIs(1));
  EXPECT_EQ(reading.threads[0].tid, 200);
  EXPECT_THAT(reading.losses, SizeIs(0));
  EXPECT_THAT(Read().exited, SizeIs(0));  // Not reading them does not mean that they are gone.
  EXPECT_THAT(reading_.threads, SizeIs(3));
}

TEST_F(ProcSourceTest, AProcessNamedTwiceIsReadOnce) {
  FakeThread thread{.tid = 100, .state = 'R', .runs = 3};
  Begin({{100, {thread}}});
  Read();
  Pass(1s);
  thread.on_cpu_ns += 400 * kMs;
  thread.run_delay_ns += 600 * kMs;
  proc_->Put(100, thread);
  const std::array<pid_t, 2> twice = {100, 100};
  HostReading reading;
  ASSERT_TRUE(source_->ReadProcesses(twice, reading).ok());
  ASSERT_THAT(reading.threads, SizeIs(1));
  EXPECT_EQ(reading.threads[0].counters.RunQueue(), 600ms);
}

TEST_F(ProcSourceTest, ThreadsOnAnIdleAddressAreIdleFromTheNextReading) {
  Begin({{100, {{.tid = 101, .syscall = Call(SYS_futex, "0x1010 0x189")}}}});
  Read();
  EXPECT_EQ(Thread(101).reason, WaitReason::kCondition);
  ASSERT_TRUE(source_->AddIdleAddresses(100, 0x1000, 0x20).ok());
  Read();
  EXPECT_EQ(Thread(101).reason, WaitReason::kIdle);
  source_->RemoveProcess(100);
  Read();
  EXPECT_EQ(Thread(101).reason, WaitReason::kCondition);
}

TEST_F(ProcSourceTest, AFullTableOfIdleAddressesIsRefusedAndCounted) {
  Begin({{100, {{.tid = 101}}}});
  for (std::size_t i = 0; i < ProcIdleAddresses::kRangesMax; ++i) {
    ASSERT_TRUE(source_->AddIdleAddresses(100, i * 64, 8).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(source_->AddIdleAddresses(100, 1, 1)));
  Read();
  EXPECT_EQ(Lost("idle_addresses_full"), 1U);
}

TEST_F(ProcSourceTest, WhatMayNotBeReadIsOtherAndCounted) {
  Begin({{100, {{.tid = 101, .syscall = ""}}}});
  Read();
  EXPECT_EQ(Thread(101).reason, WaitReason::kOther);
  EXPECT_EQ(Lost("reasons_unreadable"), 1U);
}

TEST_F(ProcSourceTest, WaitingBehindTheOwnPoolIsSelf) {
  FakeThread hungry{.tid = 101, .state = 'R', .runs = 9};
  FakeThread fed{.tid = 102, .comm = "worker-2", .state = 'R', .runs = 9};
  Begin({{100, {hungry, fed}}}, 1);
  Read();
  Pass(1s);
  hungry.run_delay_ns += 1000 * kMs;
  fed.on_cpu_ns += 750 * kMs;
  fed.run_delay_ns += 250 * kMs;
  proc_->Put(100, hungry);
  proc_->Put(100, fed);
  proc_->Busy(100);  // Somebody else had the other quarter.
  Read();
  EXPECT_EQ(Thread(101).counters.runq_self, 750ms);
  EXPECT_EQ(Thread(101).counters.runq_neighbour, 250ms);
  EXPECT_EQ(Thread(102).counters.runq_self, 0ms);
}

TEST_F(ProcSourceTest, AQuotaIsSeenInTheRunQueue) {
  FakeThread thread{.tid = 101, .state = 'R', .runs = 9};
  Begin({{100, {thread}}});
  proc_->Write("100/cgroup", "0::/app\n");
  proc_->Write("cgroup/app/cpu.stat", "nr_throttled 1\nthrottled_usec 5000000\n");
  Read();
  for (const int throttled_usec : {5'300'000, 5'600'000}) {
    Pass(500ms);
    thread.on_cpu_ns += 150 * kMs;
    thread.run_delay_ns += 350 * kMs;
    proc_->Put(100, thread);
    proc_->Write("cgroup/app/cpu.stat",
                 "nr_throttled 4\nthrottled_usec " + std::to_string(throttled_usec) + "\n");
    Read();
  }
  // The first has nothing to compare with: the source had not asked for this process before.
  EXPECT_EQ(Thread(101).counters.runq_throttled, 300ms);
  EXPECT_EQ(Thread(101).counters.RunQueue(), 700ms);
}

TEST_F(ProcSourceTest, AQuotaOfAGroupFurtherUpIsSeenToo) {
  FakeThread thread{.tid = 101, .state = 'R', .runs = 9};
  Begin({{100, {thread}}});
  proc_->Write("100/cgroup", "0::/pod/app\n");
  proc_->Write("cgroup/pod/app/cpu.stat", "usage_usec 1\n");
  for (const int throttled_usec : {5'000'000, 5'300'000, 5'600'000}) {
    Pass(500ms);
    thread.on_cpu_ns += 150 * kMs;
    thread.run_delay_ns += 350 * kMs;
    proc_->Put(100, thread);
    proc_->Write("cgroup/pod/cpu.stat",
                 "nr_throttled 4\nthrottled_usec " + std::to_string(throttled_usec) + "\n");
    Read();
  }
  // The first two have nothing to compare with.
  EXPECT_EQ(Thread(101).counters.runq_throttled, 300ms);
}

TEST_F(ProcSourceTest, AFreezerStopsAThreadInItsWaitAndLetsItGoOn) {
  const FakeThread thread{.tid = 101, .syscall = Call(SYS_nanosleep, "0x0")};
  proc_ = std::make_unique<FakeProc>(FakeProc::Processes{{100, {thread}}});
  proc_->Write("self/mountinfo", "30 1 0:26 / " + proc_->top() + "/v2 rw - cgroup2 cgroup2 rw\n" +
                                     "31 1 0:27 / " + proc_->top() +
                                     "/v1 rw - cgroup cgroup rw,freezer\n");
  proc_->Write("100/cgroup", "6:freezer:/pod/app\n0::/pod/app\n");
  source_ = *ProcSource::Create({.root = proc_->top(), .clock = &clock_, .cpus = 1});
  Read();
  EXPECT_EQ(Thread(101).reason, WaitReason::kSleep);
  for (const auto& [file, frozen, thawed] :
       {std::array<std::string, 3>{"v1/pod/app/freezer.state", "FROZEN\n", "THAWED\n"},
        {"v2/pod/cgroup.freeze", "1\n", "0\n"},
        {"v2/cgroup.events", "populated 1\nfrozen 1\n", "populated 1\nfrozen 0\n"}}) {
    proc_->Write(file, frozen);
    Pass(1s);
    Read();
    EXPECT_EQ(Thread(101).reason, WaitReason::kStopped) << file;
    EXPECT_EQ(Thread(101).holder, Holder::kFreezer) << file;
    Pass(1s);
    proc_->Write(file, thawed);
    Read();
    EXPECT_EQ(Thread(101).reason, WaitReason::kSleep) << file;
  }
  EXPECT_EQ(Thread(101).counters.blocked_for(WaitReason::kStopped), 3s);
  EXPECT_EQ(Thread(101).counters.blocked_for(WaitReason::kSleep), 3s);
}

TEST_F(ProcSourceTest, ACallThatIsTakenUpAgainAfterAStopIsWhatItWas) {
  FakeThread thread{.tid = 101, .syscall = Call(SYS_clock_nanosleep, "0x0")};
  Begin({{100, {thread}}});
  Read();
  for (const auto& [state, call] : {std::pair{'T', -1L}, {'S', SYS_restart_syscall}}) {
    thread.state = state;
    thread.syscall = Call(call, "0x0");
    thread.wchan = "do_syscall_64";
    ++thread.runs;
    proc_->Put(100, thread);
    Pass(1s);
    Read();
  }
  EXPECT_EQ(Thread(101).reason, WaitReason::kSleep);
}

TEST_F(ProcSourceTest, AKernelWithoutCountersIsRefusedByName) {
  FakeProc proc({{1, {{.tid = 1}}}});
  proc.Write("self/schedstat", "0 0 0\n");
  const auto source = ProcSource::Create({.root = proc.top(), .clock = &clock_});
  EXPECT_TRUE(absl::IsFailedPrecondition(source.status()));
  EXPECT_THAT(std::string(source.status().message()), HasSubstr("CONFIG_SCHED_INFO"));
}

TEST_F(ProcSourceTest, ARootThatIsNotThereIsRefusedByName) {
  const auto source = ProcSource::Create({.root = "/no/such/proc", .clock = &clock_});
  EXPECT_THAT(std::string(source.status().message()), StartsWith("cannot open /no/such/proc"));
}

}  // namespace
}  // namespace loadline::agent
