// SPDX-License-Identifier: Apache-2.0
// Goal: a program that another one executes begins with what it used itself, whatever thread
// executed it. Method: FakeProc and a FakeClock; each test changes the tree between readings.
#include <chrono>
#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/agent/proc_source_fixture.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;  // NOLINT
using testing::FakeThread;
using testing::kMs;
using testing::ProcSourceTest;
using ::testing::SizeIs;

// A process of two threads, the second of which executes a program in the second after the first
// reading, and then runs for 0.3 s: it has the first one's number and start time by then.
class ProcSourceExecTest : public ProcSourceTest {
 protected:
  struct Ran {
    std::uint64_t first_ms = 0;
    std::uint64_t second_ms = 0;
    bool stacks = true;  // May be looked at.
  };
  void Execute(const Ran& ran) {
    FakeThread first{.tid = 100, .comm = "first", .on_cpu_ns = ran.first_ms * kMs, .runs = 30};
    FakeThread second{.tid = 101, .comm = "second", .on_cpu_ns = ran.second_ms * kMs, .runs = 40};
    first.stack_start = second.stack_start = ran.stacks ? 0x7fff1000 : 0;
    Begin({{100, {first, second}}});
    Read();
    started_ = Thread(100).started_at_ns;
    Pass(1s);
    FakeThread shell = second;
    shell.tid = 100;
    shell.comm = "sh";
    shell.on_cpu_ns += 300 * kMs;
    shell.runs += 7;
    shell.stack_start = ran.stacks ? 0x7fff2000 : 0;
    proc_->End(100, 101);
    proc_->Put(100, shell);
    Read();
  }
  std::int64_t Ended(const std::string& name) {
    std::int64_t threads = 0;
    for (const ExitedThreads& one : reading_.exited) {
      threads += one.name == name ? one.threads : 0;
    }
    return threads;
  }
  void ExpectAnother() {
    ASSERT_THAT(reading_.threads, SizeIs(1));
    EXPECT_EQ(Thread(100).name, "sh");
    EXPECT_EQ(Thread(100).counters.on_cpu, 300ms);
    EXPECT_EQ(Thread(100).counters.switches_voluntary, 7);
    EXPECT_NE(Thread(100).started_at_ns, started_);
    EXPECT_EQ(Ended("first"), 1);
    EXPECT_EQ(Ended("second"), 1);
    const std::uint64_t as = Thread(100).started_at_ns;
    Pass(1s);
    Read();
    EXPECT_EQ(Thread(100).started_at_ns, as);
    EXPECT_THAT(reading_.exited, SizeIs(0));
  }

  std::uint64_t started_ = 0;
};

TEST_F(ProcSourceExecTest, AfterAFirstThreadThatRanForLonger) {
  Execute({.first_ms = 5000, .second_ms = 100});
  ExpectAnother();
}

TEST_F(ProcSourceExecTest, AfterAFirstThreadThatRanForShorter) {
  Execute({.first_ms = 100, .second_ms = 5000});
  ExpectAnother();
}

TEST_F(ProcSourceExecTest, AfterAFirstThreadThatRanNearlyAsLong) {
  Execute({.first_ms = 100, .second_ms = 300});
  ExpectAnother();
}

TEST_F(ProcSourceExecTest, ByTheCountersAloneWhereStacksMayNotBeLookedAt) {
  Execute({.first_ms = 100, .second_ms = 5000, .stacks = false});
  ExpectAnother();
  Execute({.first_ms = 5000, .second_ms = 100, .stacks = false});
  ExpectAnother();
}

TEST_F(ProcSourceTest, ExecByTheFirstThreadGoesOnCounting) {
  FakeThread thread{.tid = 100, .comm = "sh", .runs = 9, .stack_start = 0x7fff1000};
  Begin({{100, {thread, {.tid = 101, .runs = 8, .stack_start = 0x7fff1000}}}});
  Read();
  ASSERT_TRUE(source_->AssignPool(100, 7).ok());
  Pass(1s);
  proc_->End(100, 101);
  thread.comm = "sleep";
  thread.on_cpu_ns += 200 * kMs;
  thread.runs += 3;
  thread.stack_start = 0x7fff2000;
  proc_->Put(100, thread);
  Read();
  EXPECT_EQ(Thread(100).name, "sleep");
  EXPECT_EQ(Thread(100).counters.on_cpu, 200ms);
  EXPECT_EQ(Thread(100).started_at_ns, 1'000'000'000U);
}

}  // namespace
}  // namespace loadline::agent
