// SPDX-License-Identifier: Apache-2.0
// Goal: what the probes count of themselves adds up over CPUs, and never goes down.
// Method: counts by hand.
#include "agent/src/kernel/losses.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

TEST(LossesTest, TimeOfTheProbesNeverGoesDown) {
  std::vector<ll_counts> cpus(2);
  double before = ProbeRunSeconds(cpus);
  EXPECT_EQ(before, 0);
  for (const std::uint64_t took_ns : {5000, 10, 10, 700}) {  // A long run, then short ones.
    cpus[1].runs += LL_TIMED_EVERY;
    cpus[1].timed_ns += took_ns;
    const double now = ProbeRunSeconds(cpus);
    EXPECT_GT(now, before);
    before = now;
  }
  EXPECT_NEAR(before, 5720e-9 * LL_TIMED_EVERY, 1e-9);
}

TEST(LossesTest, AddsUpTheCpusAndLeavesOutWhatWasBefore) {
  std::vector<ll_counts> before(2);
  before[0].lost[LL_LOSS_SWITCH] = 3;
  std::vector<ll_counts> now = before;
  now[0].lost[LL_LOSS_SWITCH] += 1;
  now[1].lost[LL_LOSS_SWITCH] += 4;
  for (const SourceLoss& loss : LossesFrom(now, before)) {
    EXPECT_EQ(loss.total, loss.what == "switch" ? 5u : 0u) << loss.what;
  }
}

}  // namespace
}  // namespace loadline::agent
