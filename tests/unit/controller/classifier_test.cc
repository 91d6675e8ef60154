// SPDX-License-Identifier: Apache-2.0
// Goal: each rule names its class after three windows and lets go after five; a cause that is not
// ours becomes a modifier.
// Method: evidence by hand, one rule at a time.
#include "loadline/control/classifier.h"

#include <gtest/gtest.h>

#include <functional>

namespace loadline::control {
namespace {

Evidence Healthy() {
  Evidence e;
  e.cpus = 2;
  e.cpu_used = 1;
  e.knee = 40;
  e.service = 0.002;
  e.downstream = 0.038;
  e.threads_active = 20;
  return e;
}

struct Case {
  Bottleneck bottleneck;
  std::function<void(Evidence&)> make;
};

class RuleTest : public ::testing::TestWithParam<Case> {};

TEST_P(RuleTest, HoldsAfterThreeWindowsAndIsLeftAfterFive) {
  Classifier classifier;
  Evidence e = Healthy();
  const bool quick = GetParam().bottleneck == Bottleneck::kStale;
  for (int second = 0; second < 40; ++second) {
    e.now = Clock::Time{std::chrono::seconds(second)};
    EXPECT_EQ(classifier.Add(e).bottleneck, Bottleneck::kHealthy);
  }
  GetParam().make(e);
  for (int i = 1; i < (quick ? 1 : 3); ++i) {
    EXPECT_EQ(classifier.Add(e).bottleneck, Bottleneck::kHealthy);
  }
  EXPECT_EQ(classifier.Add(e).bottleneck, GetParam().bottleneck);
  Evidence well = Healthy();
  well.now = e.now;
  for (int i = 1; i < (quick ? 1 : 5); ++i) {
    EXPECT_EQ(classifier.Add(well).bottleneck, GetParam().bottleneck);
  }
  EXPECT_EQ(classifier.Add(well).bottleneck, Bottleneck::kHealthy);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, RuleTest,
    ::testing::Values(Case{Bottleneck::kStale, [](Evidence& e) { e.stale = true; }},
                      Case{Bottleneck::kAppLimited, [](Evidence& e) { e.app_limited = true; }},
                      Case{Bottleneck::kThrottled, [](Evidence& e) { e.throttled_ratio = 0.1; }},
                      Case{Bottleneck::kNeighbour, [](Evidence& e) { e.cpu_share = 0.6; }},
                      Case{Bottleneck::kOwnCpu,
                           [](Evidence& e) {
                             e.cpu_used = 2;
                             e.runq_own = 10;
                           }},
                      Case{Bottleneck::kLock, [](Evidence& e) { e.lock = 10; }},
                      Case{Bottleneck::kDepDead, [](Evidence& e) { e.late = true; }},
                      Case{Bottleneck::kDepSaturated, [](Evidence& e) { e.saturated = true; }},
                      Case{Bottleneck::kDepSlow, [](Evidence& e) { e.downstream = 0.06; }},
                      Case{Bottleneck::kThreads, [](Evidence& e) { e.threads_active = 100; }}),
    [](const auto& test) { return std::string(Name(test.param.bottleneck)); });

TEST(ClassifierTest, ANeighbourBesideOurOwnQueueIsAModifier) {
  Classifier classifier;
  Evidence e = Healthy();
  e.cpu_share = 0.5;
  e.cpu_used = 0.99;
  e.runq_own = 10;
  for (int i = 0; i < 10; ++i) {
    classifier.Add(e);
  }
  EXPECT_EQ(classifier.verdict().bottleneck, Bottleneck::kOwnCpu);
  EXPECT_EQ(classifier.verdict().modifier, Bottleneck::kNeighbour);
}

TEST(ClassifierTest, ConfidenceIsThePartOfTheLastTenWindowsThatAgree) {
  Classifier classifier;
  Evidence e = Healthy();
  for (int i = 0; i < 10; ++i) {
    classifier.Add(e);
  }
  EXPECT_EQ(classifier.verdict().confidence, 1);
  e.stale = true;
  EXPECT_EQ(classifier.Add(e).confidence, 0.1);  // It is stale at once, and was not before.
}

}  // namespace
}  // namespace loadline::control
