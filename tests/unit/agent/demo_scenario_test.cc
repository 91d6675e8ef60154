// SPDX-License-Identifier: Apache-2.0
// Goal: whatever the length of a run, its phases add up to it and play the same outage.
#include "agent/demo/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST(ScenarioTest, PhasesAddUpToTheRun) {
  for (const Clock::Duration total :
       {Clock::Duration{12s}, Clock::Duration{45s}, Clock::Duration{3600s}}) {
    Clock::Duration sum{};
    for (const Phase& phase : PlanRun(total)) {
      EXPECT_GE(phase.length, 1s);
      sum += phase.length;
    }
    EXPECT_EQ(sum, total);
  }
}

TEST(ScenarioTest, OnlyTheSlowPhaseHasASlowDependency) {
  for (const Phase& phase : PlanRun(45s)) {
    EXPECT_EQ(phase.dependency_latency, phase.kind == PhaseKind::kSlow ? 5s : 50ms);
  }
}

TEST(ScenarioTest, TheDefaultRunOutlastsTheSlowDependencyThreeTimes) {
  const std::vector<Phase> phases = PlanRun(45s);
  ASSERT_EQ(phases.size(), 4U);
  EXPECT_EQ(phases[2].kind, PhaseKind::kSlow);
  EXPECT_GE(phases[2].length, 15s);
}

}  // namespace
}  // namespace loadline::demo
