// SPDX-License-Identifier: Apache-2.0
// Goal: the oracles are neither too kind nor beaten by a simple limit. Method: known capacities.
#include "loadline/sim/oracle.h"

#include <gtest/gtest.h>

#include "loadline/sim/play.h"
#include "loadline/sim/score.h"
#include "services.h"

namespace loadline::sim {
namespace {

double Served(const Scenario& scenario) {
  const Recording recording = Play(scenario, nullptr, {.seed = 2, .fixed_limit = 48});
  const OracleAnswer oracle = AskOracle(scenario, recording.bins, 2);
  return oracle.Between(0, oracle.served.size()) / (static_cast<double>(scenario.end) / 1e9);
}

TEST(OracleTest, BelowCapacityEverythingIsServed) {
  EXPECT_NEAR(Served(Service(700, 30)), 700, 15);
}

TEST(OracleTest, AboveItCapacityIs) { EXPECT_NEAR(Served(Service(2000, 30)), 1000, 15); }

TEST(OracleTest, ANeighbourTakesItsPart) {
  Scenario scenario = Service(2000, 30);
  scenario.cpu.speed = 0.4;
  EXPECT_NEAR(Served(scenario), 400, 5);
}

TEST(OracleTest, LockQuotaAndServersAreCapacitiesToo) {
  Scenario lock = Service(2000, 30);
  lock.classes.front().hold = Always(Constant(1.6));
  EXPECT_NEAR(Served(lock), 625, 8);
  Scenario quota = Service(2000, 30);
  quota.cpu.quota = 80e6;
  EXPECT_NEAR(Served(quota), 400, 5);
  Scenario servers = Service(2000, 30);
  servers.dependencies.front().servers = 20;
  EXPECT_NEAR(Served(servers), 526, 7);
}

TEST(OracleTest, WhatCannotBeAnsweredInTimeIsNotServed) {
  Scenario scenario = Service(500, 30);
  scenario.classes.front().wait = Always(Constant(300));
  EXPECT_EQ(Served(scenario), 0);
}

TEST(OracleTest, AGoodStaticLimitComesCloseAndNeverWins) {
  const Scenario scenario = Service(2000, 60);
  const Recording recording = Play(scenario, nullptr, {.seed = 2, .fixed_limit = 64});
  const OracleAnswer oracle = AskOracle(scenario, recording.bins, 2);
  const double part = GoodputOfOracle(scenario.phases.front(), recording, 0, oracle);
  EXPECT_GT(part, 0.96);
  EXPECT_LT(part, 1.02);
}

TEST(OracleTest, EarliestDeadlineFirstIsAtLeastAsGoodAsAStaticLimitInBursts) {
  Scenario scenario = Service(0, 60);
  scenario.arrivals = {.kind = Arrivals::Kind::kSquare,
                       .period = kSecond,
                       .on = 200 * kMillisecond,
                       .rate_on = 2500,
                       .rate_off = 100};
  scenario.edf_oracle = true;
  for (const double limit : StaticLimits(scenario)) {
    const Recording recording = Play(scenario, nullptr, {.seed = 2, .fixed_limit = limit});
    const OracleAnswer oracle = AskOracle(scenario, recording.bins, 2);
    EXPECT_LT(GoodputOfOracle(scenario.phases.front(), recording, 0, oracle), 1.01) << limit;
  }
}

TEST(OracleTest, DriftIsTheSlopeOfTheLogarithm) {
  Scenario scenario = Service(100, 600);
  Recording recording = Play(scenario, nullptr, {.seed = 2});
  for (Recording::Tick& tick : recording.ticks) {
    tick.limit = 100 * (1 + 0.1 * static_cast<double>(tick.at) / static_cast<double>(scenario.end));
  }
  const auto scores = Judge(scenario, recording, AskOracle(scenario, recording.bins, 2), {});
  EXPECT_NEAR(scores.front().drift_per_10min, 0.0953, 0.002);
}

}  // namespace
}  // namespace loadline::sim
