// SPDX-License-Identifier: Apache-2.0
//
// Goal: under real contention no admission passes the limit, and no permit is lost.
// Method: 64 threads; for ThreadSanitizer more than for the counts, which gate_test.cc forces.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "loadline/limiter.h"
#include "loadline/testing/scripted_law.h"

namespace loadline {
namespace {

TEST(LimiterStressTest, SixtyFourThreadsNeverPassTheLimitNorLoseAPermit) {
  constexpr int kThreads = 64;
  constexpr int kTries = 2000;
  const control::Decision seven{.limit = 7, .reason = control::Reason::kHealthy};
  std::vector<control::Window> windows;
  auto limiter = *Limiter::Create({.name = "stress", .mode = Mode::kEnforce},
                                  std::make_unique<testing::ScriptedLaw>(&seven, &windows));
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

  EXPECT_LE(inside_max.load(), 7);
  EXPECT_EQ(limiter->in_flight(), 0);
  std::int64_t completed = 0, arrivals = 0, rejected = 0;
  for (const control::Window& window : windows) {
    completed += window.completed;
    arrivals += window.arrivals;
    rejected += window.rejected;
    EXPECT_LE(window.in_flight_max, 7);
  }
  EXPECT_EQ(completed, admitted.load());
  EXPECT_EQ(rejected, refused.load());
  EXPECT_EQ(arrivals, kThreads * kTries);
}

}  // namespace
}  // namespace loadline
