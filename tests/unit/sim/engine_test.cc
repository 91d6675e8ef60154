// SPDX-License-Identifier: Apache-2.0
// Goal: equal inputs give equal histories, and the work offered does not depend on the law.
// Method: digests of whole recordings.
#include <gtest/gtest.h>

#include "digest.h"
#include "loadline/control/law_factory.h"
#include "loadline/sim/play.h"
#include "services.h"

namespace loadline::sim {
namespace {

Recording RunWith(const Scenario& scenario, std::string_view name, PlayOptions options) {
  auto law = control::MakeLaw(name);
  EXPECT_TRUE(law.ok()) << law.status();
  return Play(scenario, law->get(), options);
}

TEST(EngineTest, TheSameSeedGivesTheSameBytes) {
  const Scenario scenario = Service(1500, 20);
  EXPECT_EQ(Digest(RunWith(scenario, "kernel", {.seed = 4})),
            Digest(RunWith(scenario, "kernel", {.seed = 4})));
}

TEST(EngineTest, AnotherSeedGivesAnotherHistory) {
  const Scenario scenario = Service(1500, 20);
  EXPECT_NE(Digest(RunWith(scenario, "kernel", {.seed = 4})),
            Digest(RunWith(scenario, "kernel", {.seed = 6})));
}

TEST(EngineTest, TheLoadIsTheSameUnderEveryLaw) {
  const Scenario scenario = Service(1500, 20);
  const Recording kernel = RunWith(scenario, "kernel", {.seed = 4});
  const Recording aimd = RunWith(scenario, "aimd", {.seed = 4});
  ASSERT_EQ(kernel.bins.size(), aimd.bins.size());
  for (std::size_t i = 0; i < kernel.bins.size(); ++i) {
    EXPECT_EQ(kernel.bins[i].offered, aimd.bins[i].offered) << i;
  }
}

TEST(EngineTest, EveryRequestIsAccountedFor) {
  const Recording recording = RunWith(Service(3000, 20), "kernel", {.seed = 2});
  const Recording::PhaseCounts& all = recording.phases.front();
  const auto late = all.latency.count() - all.good;
  EXPECT_GE(late, 0);
  const auto unfinished = all.offered - all.refused - all.latency.count();
  EXPECT_GE(unfinished, 0);
  EXPECT_LE(unfinished, 400);  // In flight or queued at the end.
}

TEST(EngineTest, AFixedLimitIsNeverExceeded) {
  const Recording recording = Play(Service(3000, 10), nullptr, {.fixed_limit = 17});
  for (const Recording::Tick& tick : recording.ticks) {
    EXPECT_LE(tick.in_flight_max, 17);
  }
}

TEST(EngineTest, AFractionOfALimitIsSpentAsCredit) {
  Scenario scenario = Service(3000, 60);
  scenario.classes.front().cpu = Always(Constant(0));
  scenario.classes.front().wait = Always(Constant(10));
  const Recording recording = Play(scenario, nullptr, {.fixed_limit = 2.5});
  // Places are never empty for long: 2.5 at 10 ms each would be 250 per second.
  EXPECT_NEAR(static_cast<double>(recording.phases.front().good) / 60, 250, 20);
}

TEST(EngineTest, ClientsThatTryAgainMultiplyTheLoadOfAnOutage) {
  Scenario scenario = Service(1500, 30);
  scenario.clients = {.timeout = 250 * kMillisecond, .attempts = 3};
  const Recording many = Play(scenario, nullptr, {.fixed_limit = 40});
  EXPECT_GT(static_cast<double>(many.attempts),
            1.5 * static_cast<double>(many.phases.front().offered));
  scenario.clients.budget = 0.1;
  const Recording few = Play(scenario, nullptr, {.fixed_limit = 40});
  EXPECT_LT(static_cast<double>(few.attempts),
            1.15 * static_cast<double>(few.phases.front().offered));
}

TEST(EngineTest, AUserOfAClosedLoopAsksAgainOnlyAfterTheAnswer) {
  Scenario scenario = Service(0, 30);
  scenario.arrivals.kind = Arrivals::Kind::kClosed;
  scenario.arrivals.users = 10;
  scenario.arrivals.think = Constant(60);
  const Recording recording = Play(scenario, nullptr, {});
  // Ten users, each 40 ms in the service and 60 ms at thought.
  EXPECT_NEAR(static_cast<double>(recording.phases.front().good) / 30, 100, 3);
}

TEST(EngineTest, ANestedPoolDoesNotDeadlock) {
  Scenario scenario = Service(300, 30);
  scenario.pool = {.threads = 4, .nested = true, .nested_cpu = Always(Constant(1))};
  scenario.classes.front().wait = {};
  const Recording recording = Play(scenario, nullptr, {});
  EXPECT_GT(static_cast<double>(recording.phases.front().good),
            0.99 * static_cast<double>(recording.phases.front().offered));
}

TEST(EngineTest, AHungDependencyHoldsPlacesUntilItsTimeout) {
  Scenario scenario = Service(100, 20);
  scenario.dependencies.front().hanging = 1;
  EXPECT_NEAR(Play(scenario, nullptr, {}).ticks.back().in_flight, 2000, 200);
  scenario.dependencies.front().timeout = kSecond;
  EXPECT_NEAR(Play(scenario, nullptr, {}).ticks.back().in_flight, 100, 40);
}

TEST(EngineTest, ATimeoutWhileWaitingForAServerFreesTheRequest) {
  Scenario scenario = Service(100, 40);
  scenario.arrivals.rate.points = {{.at = 0, .value = 100}, {.at = 20 * kSecond, .value = 5}};
  scenario.dependencies.front().servers = 1;
  scenario.dependencies.front().timeout = 300 * kMillisecond;
  const Recording recording = Play(scenario, nullptr, {});
  for (const Recording::Tick& tick : recording.ticks) {
    EXPECT_LE(tick.in_flight, 60);
  }
  // Those who gave up are no work for the server: it is free again at once.
  EXPECT_GT(recording.phases.front().good, 80);
}

}  // namespace
}  // namespace loadline::sim
