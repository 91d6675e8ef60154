// SPDX-License-Identifier: Apache-2.0
//
// Goal: under real contention no admission passes the limit, no permit is lost, and a new limit
// waits for no permit. Method: 64 threads; for ThreadSanitizer more than for the counts, which
// gate_test.cc forces; and holders of all permits that go on only after the new limit was set.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "loadline/limiter.h"
#include "loadline/testing/eventually.h"
#include "loadline/testing/scripted_law.h"

namespace loadline {
namespace {

constexpr int kThreads = 64;

class LimiterStressTest : public ::testing::TestWithParam<double> {};

TEST_P(LimiterStressTest, SixtyFourThreadsNeverPassTheLimitNorLoseAPermit) {
  constexpr int kTries = 2000;
  const int most_allowed = static_cast<int>(std::ceil(GetParam()));
  const control::Decision decision{.limit = GetParam(), .reason = control::Reason::kHealthy};
  std::vector<control::Window> windows;
  auto limiter = *Limiter::Create({.name = "stress", .mode = Mode::kEnforce},
                                  std::make_unique<testing::ScriptedLaw>(&decision, &windows));
  std::atomic<int> inside{0}, inside_max{0};
  std::atomic<std::int64_t> admitted{0}, refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kTries; ++n) {
        std::optional<Permit> permit = limiter->TryAcquire();
        if (!permit) {
          refused.fetch_add(1);
          continue;
        }
        admitted.fetch_add(1);
        const int now_inside = inside.fetch_add(1) + 1;
        int most = inside_max.load();
        while (now_inside > most && !inside_max.compare_exchange_weak(most, now_inside)) {
        }
        std::this_thread::yield();
        inside.fetch_sub(1);
        permit->Finish(Outcome::kSuccess);
      }
    });
  }
  for (int tick = 1; tick <= 50; ++tick) {  // Another thread ticks meanwhile.
    limiter->Tick({.now = SteadyClock::Get().Now()});
    std::this_thread::yield();
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  limiter->Tick({.now = SteadyClock::Get().Now()});

  EXPECT_LE(inside_max.load(), most_allowed);
  EXPECT_EQ(limiter->in_flight(), 0);
  std::int64_t completed = 0, arrivals = 0, rejected = 0;
  for (const control::Window& window : windows) {
    completed += window.completed;
    arrivals += window.arrivals;
    rejected += window.rejected;
    EXPECT_LE(window.in_flight_max, most_allowed);
  }
  EXPECT_EQ(completed, admitted.load());
  EXPECT_EQ(rejected, refused.load());
  EXPECT_EQ(arrivals, kThreads * kTries);
}

INSTANTIATE_TEST_SUITE_P(WholeAndInPart, LimiterStressTest, ::testing::Values(7, 2.5));

TEST(LimiterResizeTest, ANewLimitWaitsForNobodyWhoHoldsAPermit) {
  control::Decision decision{.limit = kThreads, .reason = control::Reason::kHealthy};
  std::vector<control::Window> windows;
  auto limiter = *Limiter::Create({.name = "resize", .mode = Mode::kEnforce},
                                  std::make_unique<testing::ScriptedLaw>(&decision, &windows));
  Clock::Time now = SteadyClock::Get().Now();
  limiter->Tick({.now = now += std::chrono::milliseconds{100}});
  std::latch held(kThreads), resized(1);
  std::atomic<int> admitted{0};
  std::vector<std::thread> holders;
  for (int i = 0; i < kThreads; ++i) {
    holders.emplace_back([&] {
      std::optional<Permit> permit = limiter->TryAcquire();
      admitted.fetch_add(permit ? 1 : 0);
      held.count_down();
      resized.wait();
    });
  }
  held.wait();
  ASSERT_EQ(admitted.load(), kThreads);

  std::atomic<int> resizes{0};
  std::thread resizer([&] {
    for (const double limit : {2.0, 2.0 * kThreads, 1.0 * kThreads}) {
      decision.limit = limit;
      limiter->Tick({.now = now += std::chrono::milliseconds{100}});
      resizes.fetch_add(1);
      const bool room = limit > kThreads;
      EXPECT_EQ(limiter->TryAcquire().has_value(), room) << limit;
    }
  });
  EXPECT_TRUE(testing::Eventually([&] { return resizes.load() == 3; }));
  resized.count_down();
  resizer.join();
  for (std::thread& holder : holders) {
    holder.join();
  }
  EXPECT_EQ(limiter->in_flight(), 0);
}

}  // namespace
}  // namespace loadline
