// SPDX-License-Identifier: Apache-2.0
// Goal: each class is named after three windows of what a real pool in that state shows, with the
// figures that decided, is left after five, and no other class is named for it.
// Method: windows of a second by hand, after two minutes of a healthy pool.
#include "loadline/control/kernel_classifier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace loadline::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kWarmUpSeconds = 120;

Clock::Duration Thread(double threads) {  // So many threads, for the second of a window.
  return Clock::Duration{static_cast<std::int64_t>(threads * 1e9)};
}

Clock::Duration& Blocked(KernelWindow& w, WaitReason reason) {
  return w.signal.counters.blocked[static_cast<std::size_t>(reason)];
}

// 20 threads of a service: 400 requests per second of 2 ms CPU and 20 ms at a peer; the others
// idle.
KernelWindow Healthy() {
  KernelWindow w;
  w.signal.span = seconds{1};
  w.signal.threads = 20;
  w.signal.step = SignalStep::kStream;
  w.signal.counters.on_cpu = Thread(0.8);
  w.signal.counters.switches_voluntary = 800;
  Blocked(w, WaitReason::kNetwork) = Thread(8);
  Blocked(w, WaitReason::kIdle) = Thread(11.2);
  w.cpus = 2;
  w.peers_wait = w.peer_wait = 8;
  return w;
}

struct Case {
  Bottleneck bottleneck;
  std::function<void(KernelWindow&)> make;
  Bottleneck modifier = Bottleneck::kHealthy;
  std::string name = {};
};

void PrintTo(const Case& one, std::ostream* out) { *out << Name(one.bottleneck); }

// Plays windows a second apart.
class Player {
 public:
  const Diagnosis& Play(KernelWindow window, int times = 1) {
    for (int i = 0; i < times; ++i) {
      window.signal.taken_at = now_ += seconds{1};
      classifier_.Add(window);
    }
    return classifier_.diagnosis();
  }
  Bottleneck Class(const KernelWindow& window, int times = 1) {
    return Play(window, times).verdict.bottleneck;
  }

 private:
  KernelClassifier classifier_;
  Clock::Time now_{std::chrono::hours{1}};
};

class KernelRuleTest : public ::testing::TestWithParam<Case> {};

TEST_P(KernelRuleTest, HoldsAfterThreeWindowsAndIsLeftAfterFive) {
  Player player;
  for (int i = 0; i < kWarmUpSeconds; ++i) {
    ASSERT_EQ(player.Class(Healthy()), Bottleneck::kHealthy);
  }
  KernelWindow window = Healthy();
  GetParam().make(window);
  int windows = 1;  // f is smoothed: what follows from it takes a little longer.
  while (player.Class(window) != GetParam().bottleneck && windows < 12) {
    ++windows;
  }
  EXPECT_GE(windows, 3);
  EXPECT_LE(windows, 10);
  const Diagnosis& told = player.Play(window, 10);
  EXPECT_EQ(Name(told.verdict.bottleneck), Name(GetParam().bottleneck));
  EXPECT_EQ(Name(told.verdict.modifier), Name(GetParam().modifier));
  EXPECT_DOUBLE_EQ(told.verdict.confidence, 0.8);
  EXPECT_GE(told.figure_count, 1U);
  const auto exceeds = [](const Figure& f) {
    return f.below ? f.value < f.bound : f.value > f.bound;
  };
  EXPECT_TRUE(std::ranges::any_of(told.Figures(), exceeds)) << told.figures[0].name;
  for (const Figure& figure : told.Figures()) {
    EXPECT_TRUE(std::isfinite(figure.value) && std::isfinite(figure.bound)) << figure.name;
    EXPECT_FALSE(figure.name.empty());
  }
  int left = 1;
  while (player.Class(Healthy()) != Bottleneck::kHealthy && left < 20) {
    ++left;
  }
  EXPECT_GE(left, 5);
  EXPECT_LE(left, 12);
  EXPECT_EQ(player.Play(Healthy()).figure_count, 0U);
}

void TakeIdle(KernelWindow& w, double threads) { Blocked(w, WaitReason::kIdle) -= Thread(threads); }

INSTANTIATE_TEST_SUITE_P(
    Rules, KernelRuleTest,
    ::testing::Values(Case{Bottleneck::kThrottled,
                           [](KernelWindow& w) {  // A quota of half a CPU.
                             w.signal.counters.on_cpu = Thread(0.5);
                             w.signal.counters.runq_throttled = Thread(0.6);
                           }},
                      Case{Bottleneck::kNeighbour,
                           [](KernelWindow& w) { w.signal.counters.runq_neighbour = Thread(0.8); }},
                      Case{Bottleneck::kOwnCpu,
                           [](KernelWindow& w) {
                             w.signal.counters.on_cpu = Thread(1.95);
                             w.signal.counters.runq_self = Thread(9);
                             TakeIdle(w, 10);
                           }},
                      Case{Bottleneck::kOwnCpu,
                           [](KernelWindow& w) {  // A hog has one of the two CPUs.
                             w.signal.counters.on_cpu = Thread(1);
                             w.signal.counters.runq_self = Thread(6);
                             w.signal.counters.runq_neighbour = Thread(6);
                             TakeIdle(w, 10);
                           },
                           Bottleneck::kNeighbour, "own_cpu_neighbour"},
                      Case{Bottleneck::kLock,
                           [](KernelWindow& w) {
                             w.signal.counters.on_cpu = Thread(0.9);
                             Blocked(w, WaitReason::kLock) = Thread(10);
                             TakeIdle(w, 10);
                           }},
                      Case{Bottleneck::kLock,
                           [](KernelWindow& w) {  // Page faults of all threads wait for mmap_lock.
                             Blocked(w, WaitReason::kKernelLock) = Thread(9);
                             Blocked(w, WaitReason::kNetwork) = Thread(1);
                           },
                           Bottleneck::kHealthy, "mmap_lock"},
                      Case{Bottleneck::kDisk,
                           [](KernelWindow& w) {
                             Blocked(w, WaitReason::kDisk) = Thread(10);
                             Blocked(w, WaitReason::kNetwork) = Thread(3);
                           }},
                      Case{Bottleneck::kMemory,
                           [](KernelWindow& w) {
                             Blocked(w, WaitReason::kMemory) = Thread(4);
                             Blocked(w, WaitReason::kPageFault) = Thread(6);
                           }},
                      Case{Bottleneck::kDepSlow,
                           [](KernelWindow& w) {  // 20 ms became 45 ms at the same rate.
                             Blocked(w, WaitReason::kNetwork) = Thread(18);
                             w.peers_wait = w.peer_wait = 18;
                             TakeIdle(w, 10);
                           }},
                      Case{Bottleneck::kDepSlow,
                           [](KernelWindow& w) {  // It hangs: nothing runs any more.
                             w.signal.counters = {};
                             Blocked(w, WaitReason::kNetwork) = Thread(20);
                             w.peers_wait = w.peer_wait = 20;
                           },
                           Bottleneck::kHealthy, "dep_hangs"},
                      Case{Bottleneck::kHandoff,
                           [](KernelWindow& w) {  // Four connections for 20 threads.
                             Blocked(w, WaitReason::kNetwork) = Thread(4);
                             Blocked(w, WaitReason::kCondition) = Thread(15);
                             Blocked(w, WaitReason::kIdle) = {};
                             w.peers_wait = w.peer_wait = 4;
                             w.condition_share = 0.8;
                           }},
                      Case{Bottleneck::kEventLoopBlocked,
                           [](KernelWindow& w) {
                             w.event_loops = 1;
                             w.loops_kept = 0.2;
                           }},
                      Case{Bottleneck::kThreads,
                           [](KernelWindow& w) {  // 40,000 switches a second on two CPUs.
                             w.signal.counters.switches_involuntary = 40'000;
                           }},
                      Case{Bottleneck::kIdle,
                           [](KernelWindow& w) {
                             w.signal.counters = {};
                             Blocked(w, WaitReason::kIdle) = Thread(20);
                           }}),
    [](const auto& test) {
      return test.param.name.empty() ? std::string(Name(test.param.bottleneck)) : test.param.name;
    });

KernelWindow MostlyIdle(int threads) {
  KernelWindow window = Healthy();
  window.signal.threads = threads;
  window.signal.counters.on_cpu = Thread(0.05);
  window.signal.counters.switches_voluntary = 50;
  Blocked(window, WaitReason::kNetwork) = Thread(0.5);
  Blocked(window, WaitReason::kIdle) = Thread(threads - 0.55);
  return window;
}

TEST(KernelClassifierTest, APoolThatIsMostlyIdleForFiveMinutesIsOversized) {
  const KernelWindow window = MostlyIdle(20);
  Player player;
  EXPECT_EQ(player.Class(window, 300), Bottleneck::kHealthy);
  EXPECT_EQ(player.Class(window, 5), Bottleneck::kOversized);
  EXPECT_EQ(player.Class(Healthy(), 6), Bottleneck::kHealthy);
  EXPECT_EQ(player.Class(window, 295), Bottleneck::kHealthy) << "the five minutes start anew";
}

TEST(KernelClassifierTest, APoolOfFewThreadsIsNeverOversized) {
  Player player;
  EXPECT_EQ(player.Class(MostlyIdle(4), 400), Bottleneck::kHealthy);
}

TEST(KernelClassifierTest, AClockThatJumpsBackStartsTheFiveMinutesAnew) {
  KernelClassifier classifier;
  KernelWindow window = MostlyIdle(20);
  for (const Clock::Time from : {Clock::Time{std::chrono::hours{9}}, Clock::Time{}}) {
    for (int second = 0; second < 306; ++second) {
      window.signal.taken_at = from + seconds{second};
      const bool early = second < 300 && from == Clock::Time{};
      const Bottleneck told = classifier.Add(window).verdict.bottleneck;
      EXPECT_FALSE(early && second > 5 && told == Bottleneck::kOversized) << second;
    }
    EXPECT_EQ(classifier.diagnosis().verdict.bottleneck, Bottleneck::kOversized);
  }
}

TEST(KernelClassifierTest, APoolAtRestIsIdleHoweverLong) {
  KernelWindow window = Healthy();
  window.signal.counters = {};
  Blocked(window, WaitReason::kPoll) = Thread(20);
  Player player;
  EXPECT_EQ(player.Class(window, 1000), Bottleneck::kIdle);
}

TEST(KernelClassifierTest, MoreLoadOrAnotherMixIsNoSlowPeer) {
  for (const double factor : {0.2, 0.5, 2.0}) {  // Of the load.
    Player player;
    player.Play(Healthy(), kWarmUpSeconds);
    KernelWindow window = Healthy();
    window.signal.counters.on_cpu = Thread(0.8 * factor);
    window.signal.counters.switches_voluntary = static_cast<std::int64_t>(800 * factor);
    Blocked(window, WaitReason::kNetwork) = Thread(8 * factor);
    window.peers_wait = window.peer_wait = 8 * factor;
    EXPECT_EQ(player.Class(window, 20), Bottleneck::kHealthy) << factor;
  }
  Player player;
  player.Play(Healthy(), kWarmUpSeconds);
  KernelWindow cheap = Healthy();  // Requests take a third of the CPU time.
  cheap.signal.counters.on_cpu = Thread(0.27);
  EXPECT_EQ(player.Class(cheap, 20), Bottleneck::kHealthy);
}

TEST(KernelClassifierTest, AnOutageDoesNotBecomeTheBaseline) {
  Player player;
  player.Play(Healthy(), kWarmUpSeconds);
  KernelWindow slow = Healthy();
  Blocked(slow, WaitReason::kNetwork) = Thread(18);
  slow.peers_wait = slow.peer_wait = 18;
  EXPECT_EQ(player.Class(slow, 25 * 60), Bottleneck::kDepSlow);
  EXPECT_EQ(player.Class(slow, 10 * 60), Bottleneck::kHealthy) << "half an hour makes it usual";
}

TEST(KernelClassifierTest, WithoutABaselineNoPeerIsCalledSlow) {
  KernelWindow window = Healthy();
  Player player;
  EXPECT_EQ(player.Class(window, 20), Bottleneck::kHealthy);
  Blocked(window, WaitReason::kNetwork) = Thread(18);
  window.peers_wait = window.peer_wait = 18;
  EXPECT_EQ(player.Class(window, 20), Bottleneck::kHealthy);
}

TEST(KernelClassifierTest, WhatMayBeALockOrAConditionIsNoLock) {
  KernelWindow window = Healthy();  // A Java pool whose workers are parked.
  Blocked(window, WaitReason::kSync) = Thread(15);
  Player player;
  EXPECT_EQ(player.Class(window, 20), Bottleneck::kHealthy);
}

TEST(KernelClassifierTest, ThreadsOnOneConditionWithNobodyElsewhereWaitForWork) {
  KernelWindow window = Healthy();
  Blocked(window, WaitReason::kNetwork) = {};
  Blocked(window, WaitReason::kCondition) = Thread(19);
  window.peers_wait = window.peer_wait = 0;
  window.condition_share = 1;
  Player player;
  EXPECT_EQ(player.Class(window, 20), Bottleneck::kHealthy);
}

TEST(KernelClassifierTest, LittleOfSomethingIsNoBottleneck) {
  KernelWindow window = Healthy();  // A daemon: some milliseconds of everything.
  window.signal.threads = 1;
  window.signal.counters = {};
  window.signal.counters.on_cpu = Thread(0.005);
  window.signal.counters.runq_neighbour = Thread(0.01);
  window.signal.counters.runq_throttled = Thread(0.005);
  Blocked(window, WaitReason::kLock) = Thread(0.04);
  Blocked(window, WaitReason::kDisk) = Thread(0.03);
  Blocked(window, WaitReason::kSleep) = Thread(0.9);
  Player player;
  EXPECT_EQ(player.Class(window, 20), Bottleneck::kHealthy);
}

TEST(KernelClassifierTest, SampledReasonsAreTrustedLess) {
  KernelWindow window = Healthy();
  window.sampled = true;
  Player player;
  EXPECT_DOUBLE_EQ(player.Play(window, 10).verdict.confidence, 0.6);
}

TEST(KernelClassifierTest, AWindowWithoutASpanChangesNothing) {
  Player player;
  KernelWindow lock = Healthy();
  Blocked(lock, WaitReason::kLock) = Thread(10);
  const Diagnosis before = player.Play(lock, 10);
  KernelWindow nothing;
  nothing.signal.span = {};
  EXPECT_EQ(player.Play(nothing, 20), before);
}

TEST(KernelClassifierTest, ClockJumpsAreSurvived) {
  KernelClassifier classifier;
  KernelWindow window = Healthy();
  for (const Clock::Time at : {Clock::Time::max(), Clock::Time::min(), Clock::Time{},
                               Clock::Time{seconds{1}}, Clock::Time::max(), Clock::Time{}}) {
    for (int i = 0; i < 20; ++i) {
      window.signal.taken_at = at;
      const Diagnosis& told = classifier.Add(window);
      EXPECT_LE(told.verdict.confidence, 0.8);
      EXPECT_EQ(told.verdict.bottleneck, Bottleneck::kHealthy);
    }
  }
}

// Sums of waits in another order differ in their last digit: what is left of them was below zero,
// told of a hand-off that was over when a lock ended that had hidden it.
TEST(KernelClassifierTest, NoFigureIsNegative) {
  KernelWindow handoff = Healthy();
  Blocked(handoff, WaitReason::kNetwork) = Thread(4);
  Blocked(handoff, WaitReason::kCondition) = Thread(15);
  handoff.peers_wait = handoff.peer_wait = 4;
  handoff.condition_share = 0.8;
  KernelWindow lock = handoff;
  Blocked(lock, WaitReason::kLock) = Thread(3);
  for (int i = 1; i < 200; ++i) {
    KernelWindow over = Healthy();
    over.signal.counters = {};
    over.signal.counters.on_cpu = Thread(0.5);
    Blocked(over, WaitReason::kLock) = Clock::Duration{i * 777'777};
    Blocked(over, WaitReason::kCondition) = Clock::Duration{i * 333'333};
    Blocked(over, WaitReason::kSync) = Clock::Duration{i * 1'111'111};
    Player player;
    ASSERT_EQ(player.Class(lock, 5), Bottleneck::kLock);
    player.Play(handoff);
    const Diagnosis& told = player.Play(over, 4);
    ASSERT_EQ(told.verdict.bottleneck, Bottleneck::kHandoff);
    for (const Figure& figure : told.Figures()) {
      EXPECT_GE(figure.value, 0) << figure.name;
    }
  }
}

TEST(KernelClassifierTest, StaysSmall) { EXPECT_LE(sizeof(KernelClassifier), 1100U); }

// What a baseline of half an hour remembers.
TEST(WaitBaselineTest, ComparesWithThirtySecondsToThirtyMinutesAgo) {
  WaitBaseline baseline;
  Clock::Time now{std::chrono::hours{1}};
  const auto window = [](double waited) {
    return WaitBaseline::Sums{.seconds = 1, .waited = waited, .on_cpu = 1, .switches = 100};
  };
  for (int second = 0; second < 44; ++second) {
    EXPECT_EQ(baseline.Slowdown(now, window(4)), 0) << "nothing is 30 s old";
    baseline.Add(now, window(2));
    now += seconds{1};
  }
  for (int second = 44; second < 3600; ++second) {
    baseline.Add(now, window(2));
    now += seconds{1};
    if (second > 48) {
      ASSERT_NEAR(baseline.Slowdown(now, window(4)), 2, 1e-9) << second;
    }
  }
  for (int second = 0; second < 30; ++second) {  // What is new does not count yet.
    baseline.Add(now, window(8));
    now += seconds{1};
  }
  EXPECT_NEAR(baseline.Slowdown(now, window(8)), 4, 1e-9);
  now += std::chrono::minutes{31};
  EXPECT_EQ(baseline.Slowdown(now, window(8)), 0) << "nothing is young enough";
}

TEST(WaitBaselineTest, AClockThatJumpsBackStartsItAnew) {
  WaitBaseline baseline;
  const Clock::Time late{std::chrono::hours{5}};
  for (int second = 0; second < 100; ++second) {
    baseline.Add(late + seconds{second}, {.seconds = 1, .waited = 1, .on_cpu = 1, .switches = 1});
  }
  baseline.Add(Clock::Time{}, {.seconds = 1, .waited = 1, .on_cpu = 1, .switches = 1});
  EXPECT_EQ(baseline.Slowdown(late + seconds{100}, {.seconds = 1, .waited = 9}), 0);
}

}  // namespace
}  // namespace loadline::control
