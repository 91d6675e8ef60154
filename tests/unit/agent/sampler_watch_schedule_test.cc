// SPDX-License-Identifier: Apache-2.0
// Goal: wakes are watched for their span of each period and no longer, and not at all where nobody
// asks. Method: times by hand.
#include <gtest/gtest.h>

#include "agent/src/kernel/watch_schedule.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""s;
using Step = WatchSchedule::Step;

constexpr Clock::Time kStart{100s};

TEST(WatchScheduleTest, WatchesForItsSpanOfEachPeriod) {
  WatchSchedule schedule({.span = 2s, .every = 10s});
  int watched = 0;
  bool running = false;
  for (int second = 0; second < 100; ++second) {
    const Step step = schedule.Next(kStart + second * 1s, true);
    EXPECT_NE(step, running ? Step::kBegin : Step::kEnd);
    running = step == Step::kBegin || (running && step != Step::kEnd);
    watched += running ? 1 : 0;
  }
  EXPECT_EQ(watched, 20);
}

TEST(WatchScheduleTest, BeginsAtOnceWhenSomebodyAsks) {
  WatchSchedule schedule({.span = 2s, .every = 10s});
  EXPECT_EQ(schedule.Next(kStart, false), Step::kNone);
  EXPECT_EQ(schedule.Next(kStart + 1s, true), Step::kBegin);
}

TEST(WatchScheduleTest, EndsWhenNobodyAsksAnyMoreAndStaysWithinItsPeriod) {
  WatchSchedule schedule({.span = 2s, .every = 10s});
  EXPECT_EQ(schedule.Next(kStart, true), Step::kBegin);
  EXPECT_EQ(schedule.Next(kStart + 1s, false), Step::kEnd);
  EXPECT_EQ(schedule.Next(kStart + 2s, true), Step::kNone);
  EXPECT_EQ(schedule.Next(kStart + 10s, true), Step::kBegin);
}

TEST(WatchScheduleTest, OfReadingsThatAreFarApartEachEndsAWatchOrBeginsOne) {
  WatchSchedule schedule({.span = 2s, .every = 10s});
  EXPECT_EQ(schedule.Next(kStart, true), Step::kBegin);
  EXPECT_EQ(schedule.Next(kStart + 30s, true), Step::kEnd);
  EXPECT_EQ(schedule.Next(kStart + 60s, true), Step::kBegin);
}

}  // namespace
}  // namespace loadline::agent
