// SPDX-License-Identifier: Apache-2.0
//
// Goal: own /proc files become a Signal whose parts add up to the threads' time.
// Method: a real pool for its thread ids and task time; files with chosen numbers, and time given.
#include "sdk/src/schedstat_source.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "loadline/signal_ladder.h"
#include "loadline/testing/eventually.h"
#include "loadline/testing/fake_clock.h"
#include "loadline/testing/temp_dir.h"

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class SchedstatSourceTest : public ::testing::Test {
 protected:
  SchedstatSourceTest() {
    EXPECT_TRUE(testing::Eventually([&] { return pool_->tids().size() == 2; }));
    root_.Write("proc/self/cgroup", "0::/\n");
    root_.Write("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    WriteHost(0, 0ms);
  }

  // The host was busy for `ticks` of 10 ms, and our cgroup throttled for `throttled`, in all.
  void WriteHost(int ticks, Clock::Duration throttled) {
    root_.Write("proc/stat", "cpu  " + std::to_string(ticks) + " 0 0 900 0 0 0 0 0 0\ncpu0 1\n");
    root_.Write(
        "sys/fs/cgroup/cpu.stat",
        "throttled_usec " + std::to_string(throttled / std::chrono::microseconds{1}) + "\n");
  }
  void WriteThread(pid_t tid, Clock::Duration on_cpu, Clock::Duration runq) {
    root_.Write("proc/self/task/" + std::to_string(tid) + "/schedstat",
                std::to_string(on_cpu.count()) + " " + std::to_string(runq.count()) + " 7\n");
  }
  void WriteThreads(Clock::Duration on_cpu, Clock::Duration runq) {
    for (const pid_t tid : pool_->tids()) {
      WriteThread(tid, on_cpu, runq);
    }
  }
  std::optional<Signal> ReadAfter(Clock::Duration step) {
    clock_.Advance(step);
    return source_->Read("pool", clock_.Now());
  }
  void Watch() {  // After the host's files are written: the cgroup is found once.
    source_.emplace(root_.path());
    source_->AddPool(*pool_);
  }

  testing::FakeClock clock_;
  testing::TempDir root_;
  std::promise<void> started_, release_;  // Before the pool, whose tasks use them.
  std::unique_ptr<ThreadPool> pool_ = *ThreadPool::Create({.name = "pool",
                                                           .sizing = Sizing::kFixed,
                                                           .threads_min = 1,
                                                           .threads_initial = 2,
                                                           .threads_max = 4,
                                                           .clock = &clock_});
  std::optional<SchedstatSource> source_;
};

TEST_F(SchedstatSourceTest, EveryNanosecondOfTheThreadsIsInOnePart) {
  WriteThreads(1s, 2s);
  Watch();
  EXPECT_FALSE(ReadAfter(0ms)) << "one reading is no difference";
  WriteThreads(1s + 30ms, 2s + 20ms);
  WriteHost(12, 4ms);  // 120 ms busy, of which 60 ms ours: half of the rest is our own queue.

  const std::optional<Signal> signal = ReadAfter(100ms);
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->step, SignalStep::kSchedstat);
  EXPECT_EQ(signal->span, 100ms);
  EXPECT_EQ(signal->threads, 2);
  const PoolCounters& counters = signal->counters;
  EXPECT_EQ(counters.on_cpu, 60ms);
  EXPECT_EQ(counters.RunQueue(), 40ms);
  EXPECT_EQ(counters.runq_throttled, 4ms);
  EXPECT_EQ(counters.runq_self, 18ms);
  EXPECT_EQ(counters.runq_neighbour, 18ms);
  EXPECT_EQ(counters.Blocked(), 100ms);
  EXPECT_EQ(counters.on_cpu + counters.RunQueue() + counters.Blocked(), 200ms);
}

TEST_F(SchedstatSourceTest, TimeWithoutATaskIsIdleAndTheRestIsNotClassified) {
  WriteThreads(0ms, 0ms);
  ASSERT_EQ(pool_->Submit([&] {
    started_.set_value();
    release_.get_future().wait();
  }),
            Submitted::kAccepted);
  started_.get_future().wait();
  Watch();
  ReadAfter(0ms);
  WriteThreads(5ms, 0ms);

  const std::optional<Signal> signal = ReadAfter(100ms);
  release_.set_value();
  ASSERT_TRUE(signal);
  // One thread was in a task all the time, and both together used 10 ms of CPU.
  EXPECT_EQ(signal->counters.blocked_for(WaitReason::kOther), 90ms);
  EXPECT_EQ(signal->counters.blocked_for(WaitReason::kIdle), 100ms);
}

TEST_F(SchedstatSourceTest, AThreadThatLeavesTakesNothingBack) {
  WriteThreads(1s, 0ms);
  Watch();
  ReadAfter(0ms);
  pool_->Resize(1);
  ASSERT_TRUE(testing::Eventually([&] { return pool_->Stats().threads_parked == 1; }));
  clock_.Advance(60s);
  pool_->Tick({.now = clock_.Now()});
  ASSERT_TRUE(testing::Eventually([&] { return pool_->tids().size() == 1; }));
  ReadAfter(0ms);  // Much later: a new baseline.
  WriteThreads(1s + 1ms, 0ms);

  const std::optional<Signal> signal = ReadAfter(100ms);
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->counters.on_cpu, 1ms);
  EXPECT_EQ(signal->counters.Blocked(), 99ms);
}

TEST_F(SchedstatSourceTest, AGapOfSecondsBeginsANewBaseline) {
  WriteThreads(1s, 0ms);
  Watch();
  ReadAfter(0ms);
  EXPECT_FALSE(ReadAfter(10s));
  EXPECT_TRUE(ReadAfter(100ms));
}

TEST_F(SchedstatSourceTest, AnswersNoOftenerThanItsInterval) {
  WriteThreads(1s, 0ms);
  Watch();
  ReadAfter(0ms);
  EXPECT_FALSE(ReadAfter(40ms));
  EXPECT_TRUE(ReadAfter(60ms));
}

TEST_F(SchedstatSourceTest, KnowsNothingOfAPoolThatWasRemoved) {
  WriteThreads(1s, 0ms);
  Watch();
  ReadAfter(0ms);
  source_->RemovePool(*pool_);
  EXPECT_FALSE(ReadAfter(100ms));
}

TEST_F(SchedstatSourceTest, FilesThatCannotBeReadAreAnEmptySignalAndNoCrash) {
  Watch();
  ReadAfter(0ms);
  const std::optional<Signal> signal = ReadAfter(100ms);
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->counters, PoolCounters{});
}

TEST(SchedstatSourceIntervalTest, LargePoolsAreReadLessOftenButNeverStaleToTheLadder) {
  EXPECT_EQ(SchedstatSource::ReadEvery(0), 100ms);
  EXPECT_EQ(SchedstatSource::ReadEvery(256), 100ms);
  EXPECT_EQ(SchedstatSource::ReadEvery(257), 200ms);
  EXPECT_LE(SchedstatSource::ReadEvery(65536) + 100ms, SignalLadder::kFreshFor);
}

TEST(SchedstatSourceLiveTest, ReadsItsOwnThreads) {
  testing::FakeClock clock;
  auto pool = *ThreadPool::Create({.name = "live", .clock = &clock});
  ASSERT_TRUE(testing::Eventually([&] { return pool->tids().size() == 8; }));
  SchedstatSource source;
  source.AddPool(*pool);
  source.Read("live", clock.Now());
  clock.Advance(100ms);
  const std::optional<Signal> signal = source.Read("live", clock.Now());
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->threads, 8);
}

}  // namespace
}  // namespace loadline
