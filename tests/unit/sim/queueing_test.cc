// SPDX-License-Identifier: Apache-2.0
// Goal: the elements behave as queueing theory says. Method: long runs against closed formulas.
#include <gtest/gtest.h>

#include <cmath>

#include "loadline/sim/play.h"
#include "services.h"

namespace loadline::sim {
namespace {

// Mean time in an M/M/c queue, of requests that take `service` ms.
double ErlangC(int servers, double load, double service) {
  const double offered = load * service / 1000;
  double term = 1, sum = 0;
  for (int k = 0; k < servers; ++k) {
    sum += term;
    term *= offered / (k + 1);
  }
  const double busy = term / (1 - offered / servers);
  const double waits = busy / (sum + busy);
  return service + waits * service / (servers - offered);
}

Scenario Cores(int cores, double load, double service_ms) {
  Scenario scenario = Service(load, 2000);
  scenario.cpu.cores = cores;
  scenario.classes.front().cpu = Always(Exponential(service_ms));
  scenario.classes.front().wait = {};
  return scenario;
}

double MeanMs(const Scenario& scenario) {
  return Play(scenario, nullptr, {.seed = 2}).phases.front().latency.Mean() / 1e6;
}

struct Case {
  int cores;
  double load;
};
class ErlangTest : public ::testing::TestWithParam<Case> {};

TEST_P(ErlangTest, MeanTimeIsThatOfTheory) {
  const auto [cores, load] = GetParam();
  const double theory = ErlangC(cores, load, 10);
  EXPECT_NEAR(MeanMs(Cores(cores, load, 10)), theory, 0.03 * theory);
}

INSTANTIATE_TEST_SUITE_P(Loads, ErlangTest,
                         ::testing::Values(Case{1, 50}, Case{2, 150}, Case{4, 320}, Case{8, 720}));

TEST(QueueingTest, HalfTheSpeedIsTwiceTheTime) {
  Scenario scenario = Cores(1, 25, 10);
  scenario.cpu.speed = 0.5;
  EXPECT_NEAR(MeanMs(scenario), ErlangC(1, 25, 20), 0.03 * ErlangC(1, 25, 20));
}

TEST(QueueingTest, ServersOfADependencyAreAQueueToo) {
  Scenario scenario = Cores(64, 80, 0.001);
  scenario.classes.front().wait = Always(Exponential(40));
  scenario.dependencies.front().servers = 4;
  EXPECT_NEAR(MeanMs(scenario), ErlangC(4, 80, 40), 0.03 * ErlangC(4, 80, 40));
}

// M/G/1 of Pollaczek and Khinchine: constant times wait half as long as exponential ones.
TEST(QueueingTest, ALockIsOneServer) {
  Scenario scenario = Cores(64, 400, 0.001);
  scenario.classes.front().hold = Always(Constant(2));
  const double theory = 2 + 0.5 * 2 * 0.8 / 0.2;
  EXPECT_NEAR(MeanMs(scenario), theory, 0.03 * theory);
}

// Processor sharing: the mean time depends on the mean service only. A short slice comes close.
TEST(QueueingTest, ShortSlicesAreProcessorSharing) {
  Scenario scenario = Cores(1, 50, 10);
  scenario.end = 500 * kSecond;
  scenario.phases.front().to = scenario.end;
  scenario.classes.front().cpu =
      Always({.kind = Distribution::Kind::kLognormal, .mean = 10e6, .shape = 2});
  scenario.cpu.slice = kMillisecond;
  EXPECT_NEAR(MeanMs(scenario), 20, 2);
}

TEST(QueueingTest, AContextSwitchCostsCapacity) {
  Scenario scenario = Service(2000, 20);
  scenario.classes.front().wait = {};
  scenario.cpu.switch_cost = kMillisecond;
  const Recording recording = Play(scenario, nullptr, {.fixed_limit = 20});
  // 2 ms of work and 1 ms of switching: two thirds of 1000 per second.
  EXPECT_NEAR(static_cast<double>(recording.phases.front().good) / 20, 667, 20);
}

}  // namespace
}  // namespace loadline::sim
