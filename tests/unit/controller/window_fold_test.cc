// SPDX-License-Identifier: Apache-2.0
// Goal: a window's rates come from the readings that belong to it. Method: windows by hand.
#include "window_fold.h"

#include <gtest/gtest.h>

namespace loadline::control {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;

Window At(Clock::Time now, Clock::Time taken_at, double cpus_used) {
  Window w;
  w.now = now;
  w.span = 100ms;
  w.completed = 20;
  w.latency_sum = 20 * 50ms;
  w.signal_requests = 20;
  w.signal = Signal{.taken_at = taken_at, .span = 100ms, .threads = 8, .counters = {}};
  w.signal->counters.on_cpu = Clock::Duration{static_cast<std::int64_t>(cpus_used * 1e8)};
  return w;
}

std::optional<Observed> Add(WindowFold& fold, const Window& tick) {
  return fold.Add(tick, RatesOf(*tick.signal, tick.cpus));
}

TEST(WindowFoldTest, AReadingThatComesTwiceCountsOnce) {
  WindowFold fold;
  const Clock::Time start{1h};
  EXPECT_NEAR(Add(fold, At(start, start, 1))->rates->cpu, 1, 1e-9);
  EXPECT_NEAR(Add(fold, At(start + 100ms, start, 2))->rates->cpu, 1, 1e-9);
}

// One reading from the future made the law deaf until that time came.
TEST(WindowFoldTest, AReadingFromTheFutureDoesNotHideThoseAfterIt) {
  WindowFold fold;
  const Clock::Time start{1h};
  Add(fold, At(start, start + 24h, 1));
  EXPECT_NEAR(Add(fold, At(start + 100ms, start + 100ms, 2))->rates->cpu, 2, 1e-9);
}

// A process that is frozen and let go on waits for nobody.
TEST(WindowFoldTest, ThreadsThatAreStoppedDoNotWait) {
  Signal signal{.taken_at = Clock::Time{1h}, .span = 100ms, .threads = 8, .counters = {}};
  signal.counters.blocked_for(WaitReason::kStopped) = 400ms;
  signal.counters.blocked_for(WaitReason::kNetwork) = 200ms;
  EXPECT_NEAR(RatesOf(signal, 2).waiting, 2, 1e-9);
}

}  // namespace
}  // namespace loadline::control
