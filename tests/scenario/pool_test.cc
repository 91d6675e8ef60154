// SPDX-License-Identifier: Apache-2.0
// Goal: a pool that sizes itself, on whole services: behind a lock it keeps the least threads that
// do as much as more of them, and with a limit in front neither undoes what the other does. Method:
// scenarios of the suite.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>

#include "played.h"

namespace loadline::cli {
namespace {

double Rate(const Played& run, int from_s, int to_s) {
  return 10 * run.Mean(from_s, to_s, [](const Recording::Tick& tick) {
    return static_cast<double>(tick.completed);
  });
}
double Threads(const Played& run, int from_s, int to_s) {
  return run.Mean(from_s, to_s,
                  [](const Recording::Tick& tick) { return static_cast<double>(tick.threads); });
}

// Without a limit in front: nothing but the pool keeps threads from waiting for the lock.
class PoolBehindALockTest : public testing::TestWithParam<const char*> {
 protected:
  PoolBehindALockTest() : scenario_(Suite(GetParam())) {
    scenario_.pool.threads_max = 512;
    scenario_.pool.queue_max = 50;
    scenario_.end = 600 * kSecond;
  }
  double RateOf(int threads) {
    scenario_.pool.threads = threads;
    scenario_.pool.adaptive = false;
    scenario_.end = 200 * kSecond;
    return Rate(PlayIt(scenario_, "none"), 60, 200);
  }

  Scenario scenario_;
};

TEST_P(PoolBehindALockTest, SettlesAtTheLeastThreadsThatDoAsMuch) {
  scenario_.pool.threads = 256;
  scenario_.pool.adaptive = true;
  const Played run = PlayIt(scenario_, "none");
  const double best = RateOf(256);
  int least = 64;
  while (least > 2 && RateOf(least - 1) >= 0.97 * best) {
    --least;
  }
  const double threads = Threads(run, 100, 600);
  EXPECT_GE(threads, 0.9 * least);
  EXPECT_LE(threads, 1.1 * least) << "of " << least;
  EXPECT_GE(Rate(run, 100, 600), 0.97 * best);
  // F10: tolerated losses do not add up.
  EXPECT_GE(Threads(run, 500, 600), 0.9 * Threads(run, 100, 200));
  EXPECT_GE(Rate(run, 500, 600), 0.97 * best);
}

// The lock gives way to a longer call: the pool is as large as that needs within seconds.
TEST_P(PoolBehindALockTest, GrowsAgainWhenTheWorkChanges) {
  scenario_.pool.threads = 64;
  scenario_.pool.adaptive = true;
  scenario_.end = 130 * kSecond;
  scenario_.dependencies.front().scale.points = {{.at = 0, .value = 1},
                                                 {.at = 100 * kSecond, .value = 4}};
  const Played run = PlayIt(scenario_, "none");
  EXPECT_LE(Threads(run, 80, 100), 35);
  EXPECT_GE(Threads(run, 110, 130), 70);  // 525 per second for 0.15 s: 79, at 5 s after the step.
}

INSTANTIATE_TEST_SUITE_P(Suite, PoolBehindALockTest, testing::Values("S10a", "S10b"));

// Admission and the size of the pool act on the same requests. They do not fight because the pool
// follows a limit ten times more slowly than it shrinks alone: nothing is lost to it, and it
// settles.
struct Both {
  const char* name;
  double rate = 0;  // 0: the scenario's.

  friend void PrintTo(const Both& both, std::ostream* out) { *out << both.name << both.rate; }
};

class LimitAndPoolTest : public testing::TestWithParam<Both> {};

TEST_P(LimitAndPoolTest, DoNotFight) {
  Scenario scenario = Suite(GetParam().name);
  if (GetParam().rate > 0) {
    scenario.arrivals.rate = GetParam().rate;
  }
  const bool own_pool = scenario.pool.adaptive;  // S9: too small at the start, or nested.
  const sim::Pool pool = scenario.pool;
  if (own_pool) {
    scenario.pool.adaptive = false;
    scenario.pool.threads = scenario.pool.threads_max = 1024;
  }
  const Played alone = PlayIt(scenario);
  scenario.pool = pool;
  if (!own_pool) {
    scenario.pool.threads = 256;
    scenario.pool.threads_max = 512;
    scenario.pool.adaptive = true;
  }
  const Played both = PlayIt(scenario);
  for (std::size_t i = 0; i < alone.scores.size(); ++i) {
    EXPECT_GE(both.scores[i].goodput_of_oracle, 0.9);
    EXPECT_GE(both.scores[i].goodput_of_oracle, alone.scores[i].goodput_of_oracle - 0.02);
    const bool starts = scenario.phases[i].from == 0;  // Tasks wait until the pool has grown.
    EXPECT_LE(both.scores[i].p99_ms, starts ? 250 : 1.1 * alone.scores[i].p99_ms);
  }
  int threads = scenario.pool.threads, turns = 0, way = 0, ten_seconds_ago = threads;
  std::int64_t completed = 0;
  for (const Recording::Tick& tick : both.recording.ticks) {
    const int now = tick.threads > threads ? 1 : tick.threads < threads ? -1 : 0;
    turns += now != 0 && now == -way ? 1 : 0;
    way = now != 0 ? now : way;
    threads = tick.threads;
    completed += tick.completed;
    if (tick.at % kSecond == 0) {
      EXPECT_GT(completed, 0) << "nothing ends: a deadlock, at " << tick.at / kSecond << " s";
      completed = 0;
    }
    if (tick.at % (10 * kSecond) == 0) {
      EXPECT_GE(threads, 0.94 * ten_seconds_ago - 1) << tick.at;  // 5 % in ten seconds.
      ten_seconds_ago = threads;
    }
  }
  EXPECT_LE(turns, 20);
}

INSTANTIATE_TEST_SUITE_P(Suite, LimitAndPoolTest,
                         testing::Values(Both{"S9a"}, Both{"S9b"}, Both{"S9b", 1200}, Both{"S10a"},
                                         Both{"S10b"}, Both{"S11"}),
                         [](const auto& param) {
                           return std::string(param.param.name) +
                                  (param.param.rate > 0 ? "Overloaded" : "");
                         });

}  // namespace
}  // namespace loadline::cli
