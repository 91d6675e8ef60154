// SPDX-License-Identifier: Apache-2.0
// Goal: the throughput probe holds a dependency that is full at what fills it, and lets one that is
// slow by itself alone.
// Method: a dependency in windows of 100 ms that answers as many as its servers allow, or each
// after the same time.
#include "throughput_probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>

namespace loadline::control {
namespace {

// Demand always takes all places. Throughput follows the limit a residence later.
class ThroughputProbeTest : public ::testing::Test {
 protected:
  void Run(double seconds) {
    for (double t = 0; t < seconds; t += 0.1) {
      const double in_flight = std::min(limits_.lim(), demand_);
      const double rate = std::min(in_flight / call_s_, capacity_);
      past_.push_back(rate);
      const auto behind = static_cast<std::size_t>(in_flight / rate / 0.1);
      const double now = past_[past_.size() - 1 - std::min(past_.size() - 1, behind)];
      Observed seen{.now = {}, .span = 0.1, .n = now * 0.1, .rate = now};
      seen.residence = in_flight / rate;
      seen.in_flight = in_flight;
      seen.in_flight_max = in_flight;
      seen.deadline = 4;
      seen.rejected = seen.pressed = demand_ > limits_.lim();
      by_itself_ |= probe_.Add(
          seen, {.own = 0, .no_load = seen.residence, .anchor = 1.15 * anchor_s_}, limits_);
      most_ = std::max(most_, limits_.lim());
    }
  }

  ThroughputProbe probe_{{.limit_max = 1e5, .probe_settle = 1}};
  Limits limits_{{.limit_initial = 100}};
  double demand_ = 1e4;
  double capacity_ = std::numeric_limits<double>::infinity();
  double call_s_ = 1;
  double anchor_s_ = 0.2;  // R0 before anything happened.
  bool by_itself_ = false;
  double most_ = 0;

 private:
  std::deque<double> past_;
};

TEST_F(ThroughputProbeTest, GoesDownToWhatFillsADependency) {
  capacity_ = 40;
  Run(120);
  EXPECT_TRUE(probe_.full());
  EXPECT_GE(limits_.dependency, 30);
  EXPECT_LE(limits_.dependency, 60);
  EXPECT_FALSE(by_itself_);
}

TEST_F(ThroughputProbeTest, LeavesADependencyAloneThatIsSlowByItself) {
  Run(10);
  EXPECT_TRUE(by_itself_);
  EXPECT_FALSE(probe_.full());
  EXPECT_GT(limits_.lim(), 100);
}

TEST_F(ThroughputProbeTest, ASlowOneThatWasCappedIsFoundToBeSlowAndLetGo) {
  probe_.StartDown(80, 80, limits_);
  EXPECT_TRUE(probe_.full());
  Run(15);
  EXPECT_TRUE(by_itself_);
  EXPECT_GT(limits_.lim(), 80);
}

TEST_F(ThroughputProbeTest, ACapIsNotLoweredBecauseThroughputFellWithIt) {
  capacity_ = 80;
  probe_.StartDown(80, 80, limits_);
  Run(4);
  const double judged = limits_.dependency;
  probe_.StartDown(judged / 2, 40, limits_);
  EXPECT_EQ(limits_.dependency, judged);
}

TEST_F(ThroughputProbeTest, ATryUpwardMovesTheLimitThatCounts) {
  capacity_ = 80;
  probe_.StartDown(80, 80, limits_);
  limits_.own = 80;
  Run(15);
  EXPECT_GE(most_, 1.15 * 80);
}

// Calls of three seconds: what an epoch would count at once was admitted under the limit before.
TEST_F(ThroughputProbeTest, AnEpochWaitsForWhatTheLimitDid) {
  call_s_ = 3;
  probe_.StartDown(50, 33, limits_);
  Run(2.5);
  EXPECT_EQ(limits_.dependency, 50);
  Run(30);
  EXPECT_TRUE(by_itself_);
}

constexpr double kNoLoad = 0.05;

// Plays `seconds` of a service that is always asked for more than `knee` allows.
void Play(ThroughputProbe& probe, Limits& limits, double knee, double seconds) {
  Outflow outflow{{}};
  for (double at = 0; at < seconds; at += 0.5) {
    Observed seen;
    seen.span = 0.5;
    seen.rate = std::min(limits.lim(), knee) / kNoLoad;
    seen.n = seen.rate * seen.span;
    seen.residence = kNoLoad * std::max(1.0, limits.lim() / knee);
    seen.deadline = 0.25;
    seen.rejected = seen.pressed = true;
    outflow.Add({.now = {},
                 .span = std::chrono::milliseconds{500},
                 .deadline = std::chrono::milliseconds{250},
                 .completed = static_cast<std::int64_t>(seen.n),
                 .signal = {}},
                seen.rate, kNoLoad);
    seen.in_flight = limits.lim();
    if (!probe.Recovered(outflow, limits)) {
      probe.Add(seen,
                {.own = 0, .no_load = seen.residence, .anchor = 1.15 * kNoLoad, .grew = false},
                limits);
    }
  }
}

// It halved its limit far below limit_min, where throughput does not follow, and never came back.
TEST(ThroughputProbeFloorTest, GoesNoLowerThanTheFloorAndLooksUpFromThere) {
  ThroughputProbe probe({});
  Limits limits{{.limit_min = 2, .limit_initial = 20}};
  Play(probe, limits, 1, 60);  // One at a time: two in flight are one too many.
  EXPECT_GE(limits.dependency, 2);
  EXPECT_LE(limits.lim(), 4);
  Play(probe, limits, 40, 60);
  EXPECT_GT(limits.lim(), 30);
}

// After a start from a low limit that was late, the law's own limit hid what the probe tried.
TEST(ThroughputProbeFloorTest, IsNotHeldDownByTheOtherLimit) {
  ThroughputProbe probe({});
  Limits limits{{.limit_min = 2, .limit_initial = 4}};
  probe.StartDown(4, 4 / kNoLoad, limits);
  Play(probe, limits, 40, 60);
  EXPECT_GT(limits.lim(), 30);
}

}  // namespace
}  // namespace loadline::control
