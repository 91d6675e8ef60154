// SPDX-License-Identifier: Apache-2.0
// Goal: each kind of waiting is booked where the kernel would book it, and nothing is lost.
// Method: a law that only adds up the signals that it is shown.
#include <gtest/gtest.h>

#include "loadline/sim/play.h"
#include "services.h"

namespace loadline::sim {
namespace {

using Window = control::Window;

class Spy final : public control::ControlLaw {
 public:
  explicit Spy(double limit) : decision_{.limit = limit} {}

  control::Decision OnTick(const Window& window) override {
    windows.push_back(window);
    if (window.signal) {
      sum += window.signal->counters;
    }
    return decision_;
  }
  control::Decision decision() const override { return decision_; }
  std::string_view name() const override { return "spy"; }

  // Threads in that state, on average.
  double Threads(Clock::Duration time) const {
    return std::chrono::duration<double>(time).count() /
           (0.1 * static_cast<double>(windows.size()));
  }

  std::vector<Window> windows;
  PoolCounters sum;

 private:
  control::Decision decision_;
};

Spy Watch(const Scenario& scenario, double limit = 1e6, SignalStep step = SignalStep::kLedger) {
  Spy spy(limit);
  Play(scenario, &spy, {.seed = 2, .step = step, .queue = false});
  return spy;
}

TEST(AttributionTest, NothingIsLost) {
  Scenario scenario = Service(700, 20);
  scenario.classes.front().hold = Always(Constant(0.5));
  scenario.cpu.speed = 0.9;
  const Spy spy = Watch(scenario, 40);
  for (const Window& window : spy.windows) {
    const PoolCounters& c = window.signal->counters;
    const double booked =
        std::chrono::duration<double>(c.on_cpu + c.RunQueue() + c.Blocked()).count();
    // The number of threads moves within the window: one each at most at either end.
    EXPECT_NEAR(booked / 0.1, window.signal->threads, 40);
    EXPECT_GE(booked, 0);
  }
  const double booked =
      std::chrono::duration<double>(spy.sum.on_cpu + spy.sum.RunQueue() + spy.sum.Blocked())
          .count();
  double threads = 0;
  for (const Window& window : spy.windows) {
    threads += window.in_flight * 0.1;
  }
  EXPECT_NEAR(booked, threads, 0.03 * threads);
}

TEST(AttributionTest, OwnQueueIsBookedToOurselves) {
  const Spy spy = Watch(Service(2000, 20), 60);
  EXPECT_NEAR(spy.Threads(spy.sum.on_cpu), 2, 0.05);
  EXPECT_NEAR(spy.Threads(spy.sum.runq_self), 20, 2);  // 60 less 38 that wait and 2 that run.
  EXPECT_EQ(spy.sum.runq_neighbour.count(), 0);
  EXPECT_EQ(spy.sum.runq_throttled.count(), 0);
}

TEST(AttributionTest, ANeighboursPartOfTheQueueIsBookedToIt) {
  Scenario scenario = Service(2000, 20);
  scenario.cpu.speed = 0.4;
  const Spy spy = Watch(scenario, 40);
  EXPECT_NEAR(spy.Threads(spy.sum.on_cpu), 0.8, 0.05);
  const double self = spy.Threads(spy.sum.runq_self);
  const double other = spy.Threads(spy.sum.runq_neighbour) - 2 * 0.6;  // Less what runs halfway.
  EXPECT_NEAR(self / (self + other), 0.4, 0.02);
}

TEST(AttributionTest, WithoutLoadANeighbourMakesNoQueueOfOurOwn) {
  Scenario scenario = Service(20, 50);
  scenario.cpu.speed = 0.4;
  const Spy spy = Watch(scenario);
  EXPECT_LT(spy.Threads(spy.sum.runq_self), 0.02);
  EXPECT_GT(spy.Threads(spy.sum.runq_neighbour), 0.03);
}

TEST(AttributionTest, AQuotaIsSeenAsThrottling) {
  Scenario scenario = Service(2000, 20);
  scenario.cpu.quota = 80e6;
  const Spy spy = Watch(scenario, 40);
  EXPECT_NEAR(spy.Threads(spy.sum.on_cpu), 0.8, 0.05);
  EXPECT_GT(spy.Threads(spy.sum.runq_throttled), 4);
  EXPECT_NEAR(spy.windows.back().cpus, 0.8, 1e-9);
}

TEST(AttributionTest, LockAndDependencyHaveTheirOwnPlaces) {
  Scenario scenario = Service(1000, 20);
  scenario.classes.front().cpu = Always(Constant(1));
  scenario.classes.front().hold = Always(Constant(2));
  const Spy spy = Watch(scenario, 50);
  // 500 per second: one holds, 19 wait for the network, half a thread runs, the rest is queued.
  EXPECT_NEAR(spy.Threads(spy.sum.blocked_for(WaitReason::kDisk)), 1, 0.02);
  EXPECT_NEAR(spy.Threads(spy.sum.blocked_for(WaitReason::kNetwork)), 19, 0.5);
  EXPECT_NEAR(spy.Threads(spy.sum.blocked_for(WaitReason::kLock)), 29.5, 1);
}

TEST(AttributionTest, IdleWorkersOfAPoolAreIdle) {
  Scenario scenario = Service(100, 20);
  scenario.pool.threads = 30;
  const Spy spy = Watch(scenario);
  EXPECT_NEAR(spy.Threads(spy.sum.blocked_for(WaitReason::kIdle)), 26, 0.5);
}

TEST(AttributionTest, SchedstatKnowsNoReasons) {
  const Spy spy = Watch(Service(2000, 20), 60, SignalStep::kSchedstat);
  EXPECT_EQ(spy.sum.runq_self.count(), 0);
  EXPECT_GT(spy.Threads(spy.sum.runq_unattributed), 15);
  EXPECT_GT(spy.Threads(spy.sum.blocked_for(WaitReason::kOther)), 30);
}

TEST(AttributionTest, LatencyAloneHasNoSignal) {
  const Spy spy = Watch(Service(500, 5), 60, SignalStep::kLatency);
  for (const Window& window : spy.windows) {
    EXPECT_FALSE(window.signal.has_value());
  }
}

TEST(AttributionTest, ALostSignalIsStaleAfterASecond) {
  Scenario scenario = Service(500, 20);
  scenario.signals.lost.push_back({5 * kSecond, 10 * kSecond});
  const Spy spy = Watch(scenario);
  EXPECT_TRUE(spy.windows[57].signal.has_value());   // At 5.8 s: the one of 4.9 s.
  EXPECT_FALSE(spy.windows[60].signal.has_value());  // At 6.1 s.
  EXPECT_TRUE(spy.windows[100].signal.has_value());  // At 10.1 s.
}

TEST(AttributionTest, BiasTouchesWaitsAndLeavesCpuTime) {
  Scenario scenario = Service(2000, 20);
  const Spy exact = Watch(scenario, 60);
  scenario.signals.bias = 0.5;
  const Spy biased = Watch(scenario, 60);
  EXPECT_EQ(exact.sum.on_cpu, biased.sum.on_cpu);
  EXPECT_NEAR(static_cast<double>(biased.sum.runq_self.count()),
              0.5 * static_cast<double>(exact.sum.runq_self.count()), 1e6);
}

}  // namespace
}  // namespace loadline::sim
