// SPDX-License-Identifier: Apache-2.0
// Goal: a burst may wait as long as deadlines allow, a queue that stays is kept short.
// Method: one law with a limit of 40 and a residence of 40 ms; times by hand.
#include "loadline/control/burst_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "loadline/control/fixed_law.h"

namespace loadline::control {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;

class BurstQueueTest : public ::testing::Test {
 protected:
  BurstQueueTest() {
    Window w;
    w.now = At(0ms);
    w.span = 100ms;
    w.completed = 100;
    w.latency_sum = 40ms * 100;
    queue_.OnTick(w, *law_);
  }
  static Clock::Time At(Clock::Duration t) { return Clock::Time{t}; }

  std::unique_ptr<ControlLaw> law_ = MakeFixedLaw({.limit = 40}).value();
  BurstQueue queue_ = BurstQueue::Create().value();
};

TEST_F(BurstQueueTest, EachPlaceCostsTheResidenceSharedByTheLimit) {
  EXPECT_EQ(queue_.ExpectedWait(0), 1ms);
  EXPECT_EQ(queue_.ExpectedWait(9), 10ms);
}

TEST_F(BurstQueueTest, ABurstMayUseWhatTheDeadlineLeaves) {
  EXPECT_EQ(queue_.Bound(250ms), 160ms);  // 0.8 * 250 - 40.
  EXPECT_TRUE(queue_.MayQueue(158, 250ms));
  EXPECT_FALSE(queue_.MayQueue(160, 250ms));
  EXPECT_FALSE(queue_.MayQueue(0, 50ms));
}

TEST_F(BurstQueueTest, StandsAfterSixHundredMillisecondsWithoutABreak) {
  queue_.Note(At(1000ms), true);
  queue_.Note(At(1500ms), true);
  queue_.Note(At(1550ms), false);
  queue_.Note(At(1560ms), true);
  queue_.Note(At(2159ms), true);
  EXPECT_FALSE(queue_.standing());
  queue_.Note(At(2160ms), true);
  EXPECT_TRUE(queue_.standing());
  EXPECT_EQ(queue_.Bound(250ms), 10ms);
  EXPECT_EQ(queue_.Bound(1000ms), 40ms);
  EXPECT_EQ(queue_.Bound(20ms), 3ms);
}

TEST_F(BurstQueueTest, IsClearedAfterAQuarterOfASecondFree) {
  queue_.Note(At(1000ms), true);
  queue_.Note(At(1700ms), true);
  queue_.Note(At(1800ms), false);
  queue_.Note(At(2049ms), false);
  EXPECT_TRUE(queue_.standing());
  queue_.Note(At(2050ms), false);
  EXPECT_FALSE(queue_.standing());
}

TEST_F(BurstQueueTest, WhoWaitedTooLongIsNotServed) {
  EXPECT_TRUE(queue_.StillWorthIt(160ms, 250ms));
  EXPECT_FALSE(queue_.StillWorthIt(161ms, 250ms));
  EXPECT_TRUE(queue_.StillWorthIt(10ms, 20ms));
}

TEST_F(BurstQueueTest, BelievesTheRateAtWhichItDrainsWhenThatIsLess) {
  for (int i = 1; i <= 5; ++i) {
    Window w;
    w.now = At(100ms * i);
    w.span = 100ms;
    w.completed = 50;  // 500 per second, where 40 / 40 ms would be 1000.
    w.latency_sum = 40ms * 50;
    w.in_flight = 40;
    w.rejected = 10;
    queue_.OnTick(w, *law_);
  }
  EXPECT_NEAR(std::chrono::duration<double>(queue_.ExpectedWait(54)).count(), 0.1, 1e-6);
}

TEST(BurstQueueStartTest, BeforeTheFirstResidenceAsManyWaitAsMayBeInFlight) {
  const BurstQueue queue = BurstQueue::Create().value();
  EXPECT_TRUE(queue.MayQueue(19, 250ms));
  EXPECT_FALSE(queue.MayQueue(20, 250ms));
}

TEST(BurstQueueOptionsTest, AreRefusedOutOfRangeByName) {
  for (const auto& spec : BurstQueueOptions::Specs()) {
    BurstQueueOptions options;
    EXPECT_TRUE(BurstQueue::Create(options).ok());
    options.*spec.member = spec.max;
    EXPECT_TRUE(BurstQueue::Create(options).ok()) << spec.name;
    options.*spec.member = spec.max * 1.01;
    const std::string message(BurstQueue::Create(options).status().message());
    EXPECT_NE(message.find(std::string(spec.name) + ": "), std::string::npos) << message;
  }
}

TEST_F(BurstQueueTest, StopsStandingAlsoWhenTheClockWentBack) {
  BurstQueue queue = BurstQueue::Create().value();
  Clock::Time now{1h};
  queue.Note(now, true);
  queue.Note(now += 700ms, true);
  ASSERT_TRUE(queue.standing());
  queue.Note(now, false);
  queue.Note(now -= 1h, false);
  queue.Note(now += 300ms, false);
  EXPECT_FALSE(queue.standing());
}

// Found by the fuzzer: seconds as a double are coarser than nanoseconds.
TEST_F(BurstQueueTest, NeverWaitsBeyondADeadlineOfYears) {
  BurstQueueOptions options;
  options.share = 1;
  const BurstQueue queue = BurstQueue::Create(options).value();
  const Clock::Duration deadline{514'575'995'070'850'084};
  EXPECT_LE(queue.Bound(deadline), deadline);
}

}  // namespace
}  // namespace loadline::control
