// SPDX-License-Identifier: Apache-2.0
// Goal: behind a lock the pool keeps the least threads that do as much as more of them, never fewer
// by degrees, and the search ends when the lock is no longer what limits. Method: a pool whose
// throughput is a given function of its threads, without chance.
#include "loadline/control/lock_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace loadline::control {
namespace {

struct Pool {
  explicit Pool(double threads_at_first, PoolSizerOptions options = {})
      : search(options), threads(threads_at_first) {}

  LockSearch search;
  double threads;
  std::function<double(double)> rate = [](double t) { return 600 * std::min(1.0, t / 24); };
  LockSearch::Input input{.span = 0.1,
                          .threads = 0,
                          .completed = 0,
                          .residence = 0.04,
                          .lock = 10,
                          .knee = 40,
                          .pressed = true,
                          .lock_bound = true};
  double wanted = 60;  // What the sizer would have without the search.
  double least = 1e9, most = 0;

  void After(double seconds) {
    for (int i = 0; i < static_cast<int>(seconds * 10); ++i) {
      input.threads = threads;
      input.completed = rate(threads) * 0.1;
      threads = std::clamp(std::min(wanted, search.Add(input)), threads * 0.995, threads * 1.25);
      least = std::min(least, threads);
      most = std::max(most, threads);
    }
  }
};

TEST(LockSearchTest, FindsTheLeastThreadsThatDoAsMuch) {
  Pool pool(60);
  pool.After(120);
  EXPECT_TRUE(pool.search.on());
  EXPECT_GE(pool.threads, 0.9 * 24);
  EXPECT_LE(pool.threads, 1.1 * 24 + 1);
  EXPECT_GE(pool.least, 0.9 * 0.9 * 24);
}

TEST(LockSearchTest, DoesNothingUnlessThreadsWaitForALock) {
  for (const auto change : {+[](LockSearch::Input& in) { in.lock_bound = false; },
                            +[](LockSearch::Input& in) { in.pressed = false; },
                            +[](LockSearch::Input& in) { in.lock = 0.1; }}) {
    Pool pool(60);
    change(pool.input);
    pool.After(60);
    EXPECT_FALSE(pool.search.on());
    EXPECT_EQ(pool.threads, 60);
  }
}

// With the least number of threads the class is `healthy`: to leave then would be to begin again.
TEST(LockSearchTest, OutlastsTheVerdictThatItMends) {
  Pool pool(60);
  pool.After(60);
  pool.input.lock_bound = false;
  pool.After(60);
  EXPECT_TRUE(pool.search.on());
  EXPECT_LE(pool.threads, 1.1 * 24 + 1);
}

// F10. Each step down costs 2.1 %, less than is tolerated: ten of them would cost a fifth.
TEST(LockSearchTest, ToleratedLossesDoNotAddUp) {
  Pool pool(60);
  pool.rate = [](double t) { return 600 * std::pow(t / 60, 0.2); };
  pool.After(60);
  pool.most = 0;
  pool.After(60);
  const double after_a_minute = pool.most;
  pool.After(3600);
  pool.most = 0;
  pool.After(60);
  EXPECT_GE(pool.most, 0.9 * after_a_minute);
  EXPECT_GE(pool.rate(pool.most), 0.95 * pool.rate(60));
}

TEST(LockSearchTest, GrowsAgainWhenMoreThreadsDoMore) {
  Pool pool(60);
  pool.After(120);
  pool.rate = [](double t) { return 600 * std::min(1.3, t / 24); };  // Held for less long.
  pool.After(120);
  EXPECT_GE(pool.threads, 0.9 * 31);
}

TEST(LockSearchTest, EndsWhenItHasNoObject) {
  struct Case {
    const char* name;
    void (*change)(Pool&);
  };
  for (const auto& [name, change] : {Case{"nobody waits for the lock, and more threads do more",
                                          [](Pool& p) {
                                            p.input.lock = 0.1;
                                            p.rate = [](double t) { return 600 * t / 24; };
                                          }},
                                     Case{"no demand", [](Pool& p) { p.input.pressed = false; }},
                                     Case{"other work", [](Pool& p) { p.input.knee = 80; }},
                                     Case{"half as much again gets done",
                                          [](Pool& p) { p.rate = [](double) { return 1000; }; }}}) {
    Pool pool(60);
    pool.After(60);
    ASSERT_TRUE(pool.search.on()) << name;
    pool.input.lock_bound = false;
    change(pool);
    pool.After(20);
    EXPECT_FALSE(pool.search.on()) << name;
    EXPECT_GT(pool.threads, 40) << name;
  }
}

TEST(LockSearchTest, GoesByTheOptions) {
  Pool tolerant(60, {.lock_step = 0.3, .lock_loss = 0.2});
  tolerant.After(120);
  EXPECT_LT(tolerant.threads, 24);
  Pool patient(60, {.lock_hold = 1000});
  patient.After(60);
  const double held = patient.threads;
  patient.least = 1e9;
  patient.After(300);
  EXPECT_EQ(patient.least, held);
}

TEST(LockSearchTest, WithTwoThreadsItTriesOneAndTwoAndThree) {
  Pool pool(3);
  pool.input.lock = 1;
  pool.input.completed = 0;
  pool.rate = [](double t) { return 100 * std::min(1.0, t / 1.9); };
  pool.After(300);
  EXPECT_GE(pool.threads, 1);
  EXPECT_LE(pool.threads, 3);
  EXPECT_GE(pool.least, 1);
}

TEST(LockSearchTest, AnyInputLeavesAtLeastOneThreadAndEqualInputsAgree) {
  std::mt19937 random(3);
  const auto any = [&random](std::initializer_list<double> values) {
    return *(values.begin() + random() % values.size());
  };
  constexpr double kHuge = 1e9;
  for (int run = 0; run < 200; ++run) {
    LockSearch search({}), twin({});
    for (int i = 0; i < 300; ++i) {
      const LockSearch::Input in{.span = any({1e-9, 0.1, 10, kHuge}),
                                 .threads = any({1, 2, 30, 1e5}),
                                 .completed = any({0, 1, 100, kHuge}),
                                 .residence = any({0, 0.04, kHuge}),
                                 .lock = any({0, 10, kHuge}),
                                 .knee = any({1, 40, 50, 1e6}),
                                 .pressed = random() % 8 != 0,
                                 .lock_bound = random() % 2 == 0};
      const double most = search.Add(in);
      ASSERT_GE(most, 1);
      ASSERT_EQ(most, twin.Add(in));
      ASSERT_EQ(search.on(), most < std::numeric_limits<double>::infinity());
    }
  }
}

}  // namespace
}  // namespace loadline::control
