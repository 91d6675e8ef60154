// SPDX-License-Identifier: Apache-2.0
// Goal: a pool has as many threads as its work needs, also when all of them block; never more
// because somebody else took the CPU; and it moves slowly downward. Method: windows that a pool of
// blocking tasks would report, second by second.
#include "loadline/control/pool_sizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace loadline::control {
namespace {

using std::chrono_literals::operator""ms;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

PoolSizer::Options With(void (*change)(PoolSizer::Options&)) {
  PoolSizer::Options options;
  change(options);
  return options;
}

// A pool under open-loop load, in the mean: no random, so that each number can be worked out.
struct Pool {
  explicit Pool(const PoolSizer::Options& options = {})
      : sizer(PoolSizer::Create(options).value()) {}

  PoolSizer sizer;
  double arrivals = 400;   // Per second.
  double service = 0.002;  // CPU seconds of a task.
  double wait = 0.038;
  double cpus = 2;
  double stolen = 0;
  double hold = 0;      // Of a lock, without a CPU.
  double switches = 0;  // Per second.
  bool hung = false;
  bool signal = true;
  int limit = 0;
  double backlog = 0;
  Clock::Time now;

  void Tick() {
    const double threads = sizer.size().threads;
    const double speed = cpus * (1 - stolen);
    const double task = service + wait + hold;
    const double serial = hold > 0 ? std::min(speed / service, 1 / hold) : speed / service;
    const double able = hung ? 0 : std::min(threads / task, serial);
    const double offered = arrivals + backlog / 0.1;
    const double rate = std::min(offered, able);
    backlog = std::min(1000.0, (offered - rate) * 0.1);
    const double full = rate >= able ? threads : std::min(threads, rate * task);
    const double running = rate * service;
    const double waiting = hung ? threads : std::min(full - running, rate * (wait + hold));
    const double queued = std::max(0.0, full - running - waiting);
    PoolWindow w;
    w.now = now += 100ms;
    w.span = 100ms;
    w.threads = sizer.size().threads;
    w.threads_active = static_cast<int>(std::lround(full));
    w.threads_active_max = w.threads_active;
    w.queued = static_cast<int>(backlog);
    w.completed = static_cast<int>(rate * 0.1);
    w.task_time_sum = Ns(full * 0.1);
    w.cpus = cpus;
    w.limit = limit;
    if (signal) {
      Signal s{.taken_at = now,
               .span = 100ms,
               .threads = w.threads,
               .counters = {},
               .step = SignalStep::kLedger};
      s.counters.on_cpu = Ns(running * 0.1);
      const bool at_the_lock = hold > 0 && serial < speed / service;
      s.counters.runq_self = at_the_lock ? Ns(0) : Ns(queued * (1 - stolen) * 0.1);
      s.counters.blocked[static_cast<std::size_t>(WaitReason::kLock)] =
          at_the_lock ? Ns(queued * 0.1) : Ns(0);
      s.counters.switches_voluntary = static_cast<std::int64_t>(switches * 0.1);
      s.counters.runq_neighbour = Ns((queued + 0.5) * stolen * 0.1);
      s.counters.blocked[static_cast<std::size_t>(WaitReason::kNetwork)] = Ns(waiting * 0.1);
      s.counters.blocked[static_cast<std::size_t>(WaitReason::kIdle)] = Ns((threads - full) * 0.1);
      w.signal = s;
    }
    sizer.OnTick(w);
  }
  int After(double seconds) {
    for (int i = 0; i < static_cast<int>(seconds * 10); ++i) {
      Tick();
    }
    return sizer.size().threads;
  }
  static Clock::Duration Ns(double seconds) {
    return Clock::Duration{static_cast<std::int64_t>(seconds * 1e9)};
  }
};

TEST(PoolSizerTest, RefusesOptionsOutOfRangeByName) {
  const auto message = [](void (*change)(PoolSizer::Options&)) {
    return std::string(PoolSizer::Create(With(change)).status().message());
  };
  EXPECT_THAT(message([](auto& o) { o.threads_min = 0; }),
              HasSubstr("pool: threads_min: 0 must be in [1, 65536]"));
  EXPECT_THAT(message([](auto& o) { o.threads_max = 1; }),
              HasSubstr("threads_max: 1 must be in [2, 65536], from threads_min"));
  EXPECT_THAT(message([](auto& o) { o.threads_max = 65537; }), HasSubstr("threads_max: 65537"));
  EXPECT_THAT(message([](auto& o) { o.threads_initial = 257; }), HasSubstr("threads_initial: 257"));
  EXPECT_THAT(message([](auto& o) { o.threads_initial = 1; }),
              HasSubstr("threads_initial: 1 must"));
  EXPECT_THAT(message([](auto& o) { o.task_deadline = 0ms; }),
              HasSubstr("task_deadline: 0 ms must be above 0"));
  EXPECT_THAT(message([](auto& o) { o.beta = 4.1; }), HasSubstr("beta: 4.1 must be in [0, 4]"));
  EXPECT_THAT(message([](auto& o) { o.beta = std::nan(""); }), HasSubstr("beta"));
  EXPECT_THAT(message([](auto& o) { o.lock_step = 0; }),
              HasSubstr("lock_step: 0 must be in [0.02, 0.5]"));
  EXPECT_THAT(message([](auto& o) { o.lock_loss = 0.3; }),
              HasSubstr("lock_loss: 0.3 must be in [0.005, 0.2]"));
  EXPECT_THAT(message([](auto& o) { o.lock_hold = 0; }), HasSubstr("lock_hold: 0"));
}

TEST(PoolSizerTest, TakesOverriddenOptions) {
  const auto sizer = PoolSizer::Create(
      {.threads_min = 1, .threads_max = 1, .threads_initial = 1, .task_deadline = 1ms, .beta = 0});
  ASSERT_TRUE(sizer.ok());
  EXPECT_EQ(sizer->size().threads, 1);
  EXPECT_EQ(PoolSizer::Create({})->size().threads, 8);
}

TEST(PoolSizerTest, FindsTheKneeByMeasuredWork) {
  Pool pool;
  pool.arrivals = 1000;  // K = 2 * (1 + 38 / 2) = 40, and 40 + 1.2 * sqrt(40) = 47.6.
  EXPECT_THAT(pool.After(10), AllOf(Ge(40), Le(52)));
  EXPECT_THAT(pool.sizer.knee(), AllOf(Ge(36), Le(44)));
}

TEST(PoolSizerTest, IsLargeEnoughWithinTwoSeconds) {
  Pool pool;
  pool.arrivals = 800;
  EXPECT_GE(pool.After(2), 32);
}

TEST(PoolSizerTest, GrowsWhenEveryWorkerBlocksAndNothingEnds) {
  Pool pool({.threads_max = 200});
  pool.service = 0.0002;  // 250 ms are enough for 2 * 1250 threads.
  pool.After(5);
  pool.hung = true;
  EXPECT_EQ(pool.After(5), 200);
  EXPECT_EQ(pool.sizer.size().reason, Reason::kCap);
}

TEST(PoolSizerTest, GrowsWithoutASignalWhileThatHelps) {
  Pool pool;
  pool.signal = false;
  pool.arrivals = 700;
  EXPECT_THAT(pool.After(10), AllOf(Ge(28), Le(60)));
  EXPECT_EQ(pool.backlog, 0);
}

TEST(PoolSizerTest, WithoutASignalAFullCpuStopsTheGrowth) {
  Pool pool;
  pool.signal = false;
  pool.wait = 0;
  pool.arrivals = 3000;
  EXPECT_LE(pool.After(5), 24);
  EXPECT_LE(pool.After(60), 64);
}

TEST(PoolSizerTest, WithoutASignalAPoolThatHangsStillGrows) {
  Pool pool({.threads_max = 100});
  pool.signal = false;
  pool.After(5);
  pool.hung = true;
  EXPECT_EQ(pool.After(5), 100);
}

TEST(PoolSizerTest, DoesNotBuyCpuFromANeighbour) {
  Pool pool;
  pool.arrivals = 900;
  const int before = pool.After(20);
  pool.stolen = 0.6;
  for (int i = 0; i < 300; ++i) {
    pool.Tick();
    ASSERT_LE(pool.sizer.size().threads, before);
  }
  EXPECT_EQ(pool.sizer.size().reason, Reason::kNeighbour);
}

// 1 / 1.6 ms = 625 per second, of which each takes 41.6 ms: 26 threads, where K asks for 48.
TEST(PoolSizerTest, BehindALockKeepsTheLeastThreadsThatDoAsMuch) {
  Pool pool({.threads_max = 512, .threads_initial = 128});
  pool.arrivals = 1250;
  pool.hold = 0.0016;
  EXPECT_THAT(pool.After(90), AllOf(Ge(23), Le(30)));
  EXPECT_EQ(pool.sizer.size().reason, Reason::kLock);
  EXPECT_EQ(pool.sizer.size().bottleneck, Bottleneck::kLock);
  EXPECT_THAT(pool.After(900), AllOf(Ge(23), Le(30)));
}

// The limit keeps the lock's queue short, and the pool must not be the limit.
TEST(PoolSizerTest, BehindALimitTheLimitAloneJudgesTheLock) {
  Pool pool({.threads_max = 512, .threads_initial = 128});
  pool.arrivals = 1250;
  pool.hold = 0.0016;
  pool.limit = 60;
  EXPECT_GE(pool.After(90), 60 + 9);
}

// Tasks that the kernel's counters show as idle: W says nothing, and the pool starves.
TEST(PoolSizerTest, StopsGrowingWhenSwitchingThreadsCostsTooMuch) {
  const auto threads_after = [](double seconds, double switches) {
    PoolSizer sizer = PoolSizer::Create({.threads_max = 512}).value();
    Clock::Time now;
    for (int i = 0; i < static_cast<int>(seconds * 10); ++i) {
      const int threads = sizer.size().threads;
      Signal s{.taken_at = now += 100ms, .span = 100ms, .threads = threads, .counters = {}};
      s.counters.on_cpu = 20ms;
      s.counters.switches_voluntary = static_cast<std::int64_t>(switches * 0.1);
      sizer.OnTick({.now = now,
                    .span = 100ms,
                    .threads = threads,
                    .threads_active = threads,
                    .threads_active_max = threads,
                    .queued = 10,
                    .completed = 10,
                    .task_time_sum = 100ms * threads,
                    .signal = s,
                    .cpus = 2});
    }
    return sizer.size().threads;
  };
  EXPECT_EQ(threads_after(20, 100), 252);  // What could answer within the deadline.
  EXPECT_LE(threads_after(20, 40'000), 8);
}

TEST(PoolSizerTest, IsNeverTheHiddenLimiter) {
  Pool pool;
  pool.arrivals = 10;
  pool.limit = 60;
  EXPECT_GE(pool.After(5), 60 + 9);
  pool.limit = 10'000;
  EXPECT_EQ(pool.After(5), 256);
}

// The limit rose by chance just after the neighbour came, and threads that nobody used with it.
TEST(PoolSizerTest, BesideANeighbourALimitThatIsNotUsedAddsNothing) {
  Pool pool;
  pool.arrivals = 200;
  pool.limit = 40;
  const int before = pool.After(20);
  pool.stolen = 0.4;
  pool.After(1);
  pool.limit = 60;
  EXPECT_LE(pool.After(5), before);
  pool.stolen = 0;
  EXPECT_GE(pool.After(5), 60 + 9);
}

TEST(PoolSizerTest, ShrinksFivePercentPerSecondAndTenTimesMoreSlowlyBehindALimit) {
  Pool fast({.threads_initial = 200});
  Pool slow({.threads_initial = 200});
  fast.arrivals = slow.arrivals = 20;
  slow.limit = 10;
  EXPECT_THAT(fast.After(10), AllOf(Ge(118), Le(128)));
  EXPECT_THAT(slow.After(10), AllOf(Ge(188), Le(194)));
}

TEST(PoolSizerTest, IdleTimeIsNotWaiting) {
  Pool pool;
  pool.arrivals = 20;
  EXPECT_LE(pool.After(300), 8);
}

// Beside a neighbour the size jumped to what the limit asks for, all at once.
TEST(PoolSizerTest, GrowsAtTheUsualPaceToALimitAlsoBesideANeighbour) {
  Pool pool;
  pool.wait = 0.2;
  pool.stolen = 0.6;
  for (int i = 0; i < 30; ++i) {
    pool.Tick();
  }
  pool.limit = 40;
  for (int i = 0; i < 30; ++i) {
    const int before = pool.sizer.size().threads;
    pool.Tick();
    EXPECT_LE(pool.sizer.size().threads, std::ceil(std::max(1.25 * before, before + 1.0)));
  }
  EXPECT_GE(pool.sizer.size().threads, 40);
}

}  // namespace
}  // namespace loadline::control
