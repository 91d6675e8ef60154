// SPDX-License-Identifier: Apache-2.0
// Goal: the probe always finds its way up again. Method: a dependency as a formula, one window at a
// time: throughput is min(limit, knee) / R0.
#include "throughput_probe.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace loadline::control {
namespace {

constexpr double kNoLoad = 0.05;

// Plays `seconds` of a service that is always asked for more than `knee` allows.
void Play(ThroughputProbe& probe, Limits& limits, double knee, double seconds) {
  for (double at = 0; at < seconds; at += 0.5) {
    Observed seen;
    seen.span = 0.5;
    seen.rate = std::min(limits.lim(), knee) / kNoLoad;
    seen.n = seen.rate * seen.span;
    seen.residence = kNoLoad * std::max(1.0, limits.lim() / knee);
    seen.deadline = 0.25;
    seen.rejected = seen.pressed = true;
    if (!probe.Recovered(seen, limits)) {
      probe.Add(seen,
                {.own = 0, .no_load = seen.residence, .anchor = 1.15 * kNoLoad, .grew = false},
                limits);
    }
  }
}

// It halved its limit far below limit_min, where throughput does not follow, and never came back.
TEST(ThroughputProbeTest, GoesNoLowerThanTheFloorAndLooksUpFromThere) {
  ThroughputProbe probe({});
  Limits limits{.least = 2, .own = 20};
  Play(probe, limits, 1, 60);  // One at a time: two in flight are one too many.
  EXPECT_GE(limits.dependency, 2);
  EXPECT_LE(limits.lim(), 4);
  Play(probe, limits, 40, 60);
  EXPECT_GT(limits.lim(), 30);
}

// After a start from a low limit that was late, the law's own limit hid what the probe tried.
TEST(ThroughputProbeTest, IsNotHeldDownByTheOtherLimit) {
  ThroughputProbe probe({});
  Limits limits{.least = 2, .own = 4};
  probe.StartDown(4, 4 / kNoLoad, limits);
  Play(probe, limits, 40, 60);
  EXPECT_GT(limits.lim(), 30);
}

}  // namespace
}  // namespace loadline::control
