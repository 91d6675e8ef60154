// SPDX-License-Identifier: Apache-2.0
//
// Goal: each tick reaches every attached pool and limiter with the right signal, and none after it
// is detached. Method: the loop without its thread; a source and a law that are told what to say.
#include "sdk/src/control_loop.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "loadline/control_thread.h"
#include "loadline/testing/eventually.h"
#include "loadline/testing/fake_clock.h"
#include "loadline/testing/manual_source.h"
#include "loadline/testing/scripted_law.h"

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;

class ControlLoopTest : public ::testing::Test {
 protected:
  std::unique_ptr<Limiter> MakeLimiter(const std::string& name, const std::string& pool) {
    return *Limiter::Create({.name = name, .mode = Mode::kEnforce, .pool = pool, .clock = &clock_},
                            std::make_unique<testing::ScriptedLaw>(&decision_, &windows_));
  }
  std::unique_ptr<ThreadPool> MakePool() {
    return *ThreadPool::Create({.name = "pool", .clock = &clock_});
  }
  void RunTasks(ThreadPool& pool, int tasks) {
    const std::int64_t wanted = pool.Stats().completed_total + tasks;
    for (int i = 0; i < tasks; ++i) {
      ASSERT_EQ(pool.Submit([] {}), Submitted::kAccepted);
    }
    ASSERT_TRUE(testing::Eventually([&] { return pool.Stats().completed_total == wanted; }));
  }
  void TickAfter(Clock::Duration step) {
    clock_.Advance(step);
    loop_.Tick(clock_.Now());
  }

  testing::FakeClock clock_;
  control::Decision decision_{.limit = 20};
  std::vector<control::Window> windows_;
  testing::ManualSource source_{SignalStep::kStream};
  double cpus_ = 2;
  ControlLoop loop_{{.sources = {&source_}, .cpus = [this] { return cpus_; }}};
};

TEST_F(ControlLoopTest, GivesALimiterTheSignalOfItsPoolAndTheTasksInItsSpan) {
  auto pool = MakePool();
  auto limiter = MakeLimiter("l", "pool");
  auto stranger = MakeLimiter("s", "");
  loop_.Attach(*pool);
  loop_.Attach(*limiter);
  loop_.Attach(*stranger);
  RunTasks(*pool, 3);
  source_.Give(clock_.Now() + 100ms, {.on_cpu = 7ms});
  TickAfter(100ms);

  ASSERT_EQ(windows_.size(), 2U);
  ASSERT_TRUE(windows_[0].signal);
  EXPECT_EQ(windows_[0].signal->counters.on_cpu, 7ms);
  EXPECT_EQ(windows_[0].signal_requests, 3);
  EXPECT_EQ(windows_[0].cpus, 2);
  EXPECT_FALSE(windows_[1].signal);
  EXPECT_EQ(limiter->Stats().signal.step, SignalStep::kStream);
  EXPECT_EQ(pool->Stats().signal.step, SignalStep::kStream);
}

TEST_F(ControlLoopTest, ASignalIsNotGivenTheTasksOfAGapBeforeIt) {
  auto pool = MakePool();
  auto limiter = MakeLimiter("l", "pool");
  RunTasks(*pool, 50);  // Before anybody watched.
  loop_.Attach(*pool);
  loop_.Attach(*limiter);
  RunTasks(*pool, 30);
  TickAfter(100ms);
  RunTasks(*pool, 2);
  source_.Give(clock_.Now() + 100ms);
  TickAfter(100ms);
  EXPECT_EQ(windows_.back().signal_requests, 2);

  RunTasks(*pool, 4);
  TickAfter(100ms);  // The next signal is late.
  RunTasks(*pool, 4);
  source_.Give(clock_.Now() + 100ms, {}, 100ms);
  TickAfter(100ms);
  EXPECT_EQ(windows_.back().signal_requests, 4);
}

TEST_F(ControlLoopTest, UsesASignalUntilAFresherOneComesAndDropsItWhenStale) {
  auto pool = MakePool();
  auto limiter = MakeLimiter("l", "pool");
  loop_.Attach(*pool);
  loop_.Attach(*limiter);
  source_.Give(clock_.Now() + 100ms);
  TickAfter(100ms);
  for (int i = 0; i < 10; ++i) {
    TickAfter(100ms);
  }
  EXPECT_TRUE(windows_[1].signal);
  EXPECT_FALSE(windows_.back().signal) << "older than a second";
  EXPECT_EQ(limiter->Stats().signal.step, SignalStep::kLatency);
}

TEST_F(ControlLoopTest, APoolIsNeverTheHiddenLimiter) {
  auto pool = MakePool();
  auto limiter = MakeLimiter("l", "pool");
  decision_.limit = 100;
  loop_.Attach(*pool);
  loop_.Attach(*limiter);
  for (int i = 0; i < 30; ++i) {
    TickAfter(100ms);
  }
  EXPECT_GE(pool->Stats().target.threads, 100);
}

TEST_F(ControlLoopTest, ALimiterThatOnlyWatchesDoesNotSizeThePool) {
  auto pool = MakePool();
  auto limiter = MakeLimiter("l", "pool");
  limiter->SetMode(Mode::kShadow);
  decision_.limit = 100;
  loop_.Attach(*pool);
  loop_.Attach(*limiter);
  for (int i = 0; i < 30; ++i) {
    TickAfter(100ms);
  }
  EXPECT_LE(pool->Stats().target.threads, 8);
}

TEST_F(ControlLoopTest, WhatIsDetachedIsNotTouchedAgain) {
  auto pool = MakePool();
  auto limiter = MakeLimiter("l", "pool");
  loop_.Attach(*pool);
  loop_.Attach(*limiter);
  EXPECT_EQ(source_.pools.size(), 1U);
  EXPECT_EQ(source_.limiters.size(), 1U);
  loop_.Detach(*limiter);
  loop_.Detach(*pool);
  TickAfter(100ms);  // While both still live, so that a tick that should not be is seen, not fatal.
  EXPECT_TRUE(windows_.empty());
  EXPECT_EQ(source_.reads, 0);
  limiter.reset();
  pool.reset();
  TickAfter(100ms);
  EXPECT_TRUE(source_.pools.empty());
  EXPECT_TRUE(source_.limiters.empty());
}

TEST_F(ControlLoopTest, AsksForTheCpusOnceASecond) {
  auto limiter = MakeLimiter("l", "");
  loop_.Attach(*limiter);
  TickAfter(100ms);
  cpus_ = 0.5;
  TickAfter(100ms);
  EXPECT_EQ(windows_.back().cpus, 2);
  TickAfter(1000ms);
  EXPECT_EQ(windows_.back().cpus, 0.5);
}

TEST(ControlThreadTest, TicksWhatIsAttachedForAsLongAsItIs) {
  const control::Decision decision{.limit = 5, .reason = control::Reason::kOwnCpu};
  std::vector<control::Window> windows;
  auto limiter =
      *Limiter::Create({.name = "l"}, std::make_unique<testing::ScriptedLaw>(&decision, &windows));
  auto pool = *ThreadPool::Create({.name = "pool"});
  auto control = *ControlThread::Start();
  {
    const Attachment pool_attached = control->Attach(*pool);
    Attachment attached = control->Attach(*limiter);
    Attachment moved = std::move(attached);
    EXPECT_TRUE(testing::Eventually([&] {
      return pool->Stats().signal.step == SignalStep::kSchedstat;
    })) << "without an agent a pool's own /proc is read";
  }
  const std::size_t ticks = windows.size();  // No lock: nobody ticks it now.
  EXPECT_GT(ticks, 0U);
  limiter.reset();
}

}  // namespace
}  // namespace loadline
