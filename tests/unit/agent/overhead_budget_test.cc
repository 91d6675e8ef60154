// SPDX-License-Identifier: Apache-2.0
// Goal: over its budget the agent gives up detail in the stated order, one feature at a time; takes
// it up again when there is room; and does not swing. Method: hours of use in simulated time.
#include "agent/src/selfwatch/overhead_budget.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

class OverheadBudgetTest : public ::testing::Test {
 protected:
  // A second of use at these shares: of one CPU, and of all CPUs.
  void Second(double agent, double probes = 0) {
    use_.at += 1s;
    use_.agent_seconds += agent;
    use_.probe_seconds += probes * kCpus;
    budget_.Update(use_);
  }
  void Seconds(int count, double agent, double probes = 0) {
    for (int i = 0; i < count; ++i) {
      Second(agent, probes);
    }
  }
  std::string Measured() const {
    std::string text;
    for (const Feature feature : kFeatures) {
      text += budget_.detail().has(feature) ? Name(feature)[0] : '-';
    }
    return text;
  }

  static constexpr int kCpus = 4;
  OverheadBudget::Options options_{.share_max = 0.01, .cpus = kCpus, .wanted = {}};
  OverheadBudget budget_{options_};
  OverheadBudget::Use use_;
};

TEST_F(OverheadBudgetTest, WithinItNothingChanges) {
  Seconds(3600, 0.0099, 0.0099);
  EXPECT_EQ(Measured(), "hpu");
  EXPECT_FALSE(budget_.agent_over());
}

TEST_F(OverheadBudgetTest, OverItHistogramsGoFirstThenPeersThenTheUnregistered) {
  Seconds(11, 0.02);
  EXPECT_EQ(Measured(), "-pu");
  EXPECT_TRUE(budget_.agent_over());
  EXPECT_FALSE(budget_.probes_over());
  EXPECT_TRUE(budget_.is_dropped(Feature::kHistograms));
  Seconds(10, 0.02);
  EXPECT_EQ(Measured(), "--u");
  Seconds(10, 0.02);
  EXPECT_EQ(Measured(), "---");
  Seconds(100, 0.02);
  EXPECT_EQ(Measured(), "---");
}

TEST_F(OverheadBudgetTest, TheProbesCountAgainstAllCpus) {
  Seconds(11, 0, 0.009);
  EXPECT_EQ(Measured(), "hpu");
  Seconds(10, 0, 0.011);
  EXPECT_EQ(Measured(), "-pu");
  EXPECT_TRUE(budget_.probes_over());
  EXPECT_NEAR(budget_.probe_share(), 0.011, 1e-9);
}

TEST_F(OverheadBudgetTest, AShortBurstChangesNothing) {
  for (int i = 0; i < 100; ++i) {
    Seconds(9, 0.001);
    Second(0.05);
  }
  EXPECT_EQ(Measured(), "hpu");
}

TEST_F(OverheadBudgetTest, TakesUpInReverseWhenThereIsRoomForAMinuteEach) {
  Seconds(31, 0.02);
  ASSERT_EQ(Measured(), "---");
  Seconds(60, 0.002);
  EXPECT_EQ(Measured(), "--u");
  Seconds(60, 0.002);
  EXPECT_EQ(Measured(), "-pu");
  Seconds(60, 0.002);
  EXPECT_EQ(Measured(), "hpu");
}

TEST_F(OverheadBudgetTest, BetweenRoomAndBudgetItStaysAsItIs) {
  Seconds(11, 0.02);
  ASSERT_EQ(Measured(), "-pu");
  Seconds(3600, 0.008);
  EXPECT_EQ(Measured(), "-pu");
}

TEST_F(OverheadBudgetTest, WhatIsTooDearEachTimeIsTriedEverMoreRarely) {
  int times_taken_up = 0;
  for (int i = 0; i < 3600; ++i) {
    const bool before = budget_.detail().has(Feature::kHistograms);
    Second(before ? 0.02 : 0.005);
    times_taken_up += !before && budget_.detail().has(Feature::kHistograms) ? 1 : 0;
  }
  EXPECT_GE(times_taken_up, 3);
  EXPECT_LE(times_taken_up, 7);  // 60 + 120 + 240 + 480 + 960 + 960 seconds.
}

TEST_F(OverheadBudgetTest, AFeatureThatStayedForLongIsTriedSoonAgain) {
  Seconds(11, 0.02);
  Seconds(60, 0.005);
  ASSERT_EQ(Measured(), "hpu");
  Seconds(3600, 0.005);
  Seconds(10, 0.02);
  ASSERT_EQ(Measured(), "-pu");
  Seconds(60, 0.005);
  EXPECT_EQ(Measured(), "hpu");
}

TEST_F(OverheadBudgetTest, WhatIsSwitchedOffStaysOff) {
  options_.wanted.set(Feature::kPeers, false);
  OverheadBudget budget(options_);
  OverheadBudget::Use use;
  for (int i = 0; i < 11; ++i) {
    use.at += 1s;
    use.agent_seconds += 1;
    budget.Update(use);
  }
  EXPECT_FALSE(budget.is_dropped(Feature::kPeers));
  EXPECT_TRUE(budget.is_dropped(Feature::kHistograms));
  for (int i = 0; i < 1000; ++i) {
    use.at += 1s;
    budget.Update(use);
  }
  EXPECT_FALSE(budget.detail().has(Feature::kPeers));
  EXPECT_TRUE(budget.detail().has(Feature::kHistograms));
}

TEST_F(OverheadBudgetTest, ZeroIsNoBudget) {
  options_.share_max = 0;
  OverheadBudget budget(options_);
  OverheadBudget::Use use;
  for (int i = 0; i < 100; ++i) {
    use.at += 1s;
    use.agent_seconds += 1;
    budget.Update(use);
  }
  EXPECT_EQ(budget.detail(), Detail());
  EXPECT_FALSE(budget.agent_over());
  EXPECT_NEAR(budget.agent_share(), 1, 1e-9);
}

}  // namespace
}  // namespace loadline::agent
