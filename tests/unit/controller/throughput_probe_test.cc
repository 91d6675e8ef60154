// SPDX-License-Identifier: Apache-2.0
// Goal: the throughput probe holds a dependency that is full at what fills it, and lets one that is
// slow by itself alone.
// Method: a dependency in windows of 100 ms that answers as many as its servers allow, or each
// after the same time.
#include "rules/throughput_probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>

#include "rules/recovery.h"

namespace loadline::control {
namespace {

// The probe with what it is given: no other rule moves the limits.
class Probed {
 public:
  Probed(const KernelOptions& options, double reference_s)
      : limits(options),
        probe_(options),
        recovery_(options),
        residence_(options),
        reference_(options),
        departures_(options),
        lateness_(options) {
    reference_.Learn({.own_residence = reference_s});
  }

  void Add(const Observed& window) {
    residence_.Add(window);
    Do(probe_.OnWindow(now_, window, limits));
  }
  void Suspect(double limit, double rate) { Do(probe_.Suspect({limit, rate}, limits)); }

  // True if the probe ended because throughput rose.
  bool Recovered(const Window& tick, const Observed& window, double usual) {
    departures_.Add(tick, usual, reference_.value());
    const Proposal proposal = recovery_.OnWindow(now_, window, limits);
    Do(proposal);
    if (proposal.clear) {
      Do(probe_.Stop());
    }
    return proposal.clear;
  }

  Standing limits;
  bool by_itself = false;  // What requests take, they take by themselves: the probe said so.

 private:
  void Do(const Proposal& proposal) {
    limits.own = std::min(std::max(limits.own, proposal.floor), proposal.ceiling);
    limits.dependency = proposal.dependency.value_or(limits.dependency);
    by_itself |= proposal.own_residence > 0;
    probe_.Tell(limits);
  }

  ThroughputProbe probe_;
  Recovery recovery_;
  ResidenceEstimate residence_;
  ReferenceResidence reference_;
  DepartureRate departures_;
  Lateness lateness_;
  Window tick_;
  Observation now_{.tick = tick_,
                   .residence = residence_,
                   .reference = reference_,
                   .departures = departures_,
                   .lateness = lateness_};
};

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
      probed_.Add(seen);
      most_ = std::max(most_, limits_.lim());
    }
  }

  // R0 was 200 ms before anything happened.
  Probed probed_{{.limit_max = 1e5, .limit_initial = 100, .probe_settle = 1}, 0.2};
  Standing& limits_ = probed_.limits;
  double demand_ = 1e4;
  double capacity_ = std::numeric_limits<double>::infinity();
  double call_s_ = 1;
  double most_ = 0;

 private:
  std::deque<double> past_;
};

TEST_F(ThroughputProbeTest, GoesDownToWhatFillsADependency) {
  capacity_ = 40;
  Run(120);
  EXPECT_TRUE(limits_.full);
  EXPECT_GE(limits_.dependency, 30);
  EXPECT_LE(limits_.dependency, 60);
  EXPECT_FALSE(probed_.by_itself);
}

TEST_F(ThroughputProbeTest, LeavesADependencyAloneThatIsSlowByItself) {
  Run(10);
  EXPECT_TRUE(probed_.by_itself);
  EXPECT_FALSE(limits_.full);
  EXPECT_GT(limits_.lim(), 100);
}

TEST_F(ThroughputProbeTest, ASlowOneThatWasCappedIsFoundToBeSlowAndLetGo) {
  probed_.Suspect(80, 80);
  EXPECT_TRUE(limits_.full);
  Run(15);
  EXPECT_TRUE(probed_.by_itself);
  EXPECT_GT(limits_.lim(), 80);
}

TEST_F(ThroughputProbeTest, ACapIsNotLoweredBecauseThroughputFellWithIt) {
  capacity_ = 80;
  probed_.Suspect(80, 80);
  Run(4);
  const double judged = limits_.dependency;
  probed_.Suspect(judged / 2, 40);
  EXPECT_EQ(limits_.dependency, judged);
}

TEST_F(ThroughputProbeTest, ATryUpwardMovesTheLimitThatCounts) {
  capacity_ = 80;
  probed_.Suspect(80, 80);
  limits_.own = 80;
  Run(15);
  EXPECT_GE(most_, 1.15 * 80);
}

// Calls of three seconds: what an epoch would count at once was admitted under the limit before.
TEST_F(ThroughputProbeTest, AnEpochWaitsForWhatTheLimitDid) {
  call_s_ = 3;
  probed_.Suspect(50, 33);
  Run(2.5);
  EXPECT_EQ(limits_.dependency, 50);
  Run(30);
  EXPECT_TRUE(probed_.by_itself);
}

constexpr double kNoLoad = 0.05;

// Plays `seconds` of a service that is always asked for more than `knee` allows.
void Play(Probed& probed, double knee, double seconds) {
  for (double at = 0; at < seconds; at += 0.5) {
    const double lim = probed.limits.lim();
    Observed seen;
    seen.span = 0.5;
    seen.rate = std::min(lim, knee) / kNoLoad;
    seen.n = seen.rate * seen.span;
    seen.residence = kNoLoad * std::max(1.0, lim / knee);
    seen.deadline = 0.25;
    seen.rejected = seen.pressed = true;
    seen.in_flight = lim;
    const Window tick{.now = {},
                      .span = std::chrono::milliseconds{500},
                      .deadline = std::chrono::milliseconds{250},
                      .completed = static_cast<std::int64_t>(seen.n),
                      .signal = {}};
    if (!probed.Recovered(tick, seen, seen.rate)) {
      probed.Add(seen);
    }
  }
}

// It halved its limit far below limit_min, where throughput does not follow, and never came back.
TEST(ThroughputProbeFloorTest, GoesNoLowerThanTheFloorAndLooksUpFromThere) {
  Probed probed({.limit_min = 2, .limit_initial = 20}, kNoLoad);
  Play(probed, 1, 60);  // One at a time: two in flight are one too many.
  EXPECT_GE(probed.limits.dependency, 2);
  EXPECT_LE(probed.limits.lim(), 4);
  Play(probed, 40, 60);
  EXPECT_GT(probed.limits.lim(), 30);
}

// After a start from a low limit that was late, the law's own limit hid what the probe tried.
TEST(ThroughputProbeFloorTest, IsNotHeldDownByTheOtherLimit) {
  Probed probed({.limit_min = 2, .limit_initial = 4}, kNoLoad);
  probed.Suspect(4, 4 / kNoLoad);
  Play(probed, 40, 60);
  EXPECT_GT(probed.limits.lim(), 30);
}

}  // namespace
}  // namespace loadline::control
