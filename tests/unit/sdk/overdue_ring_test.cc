// SPDX-License-Identifier: Apache-2.0
//
// Goal: operations in flight beyond their deadline are counted, hung ones for ever.
// Method: times are given; a deadline of 80 ms has buckets of 10 ms.
#include "loadline/detail/overdue_ring.h"

#include <gtest/gtest.h>

#include <chrono>

namespace loadline::detail {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;

constexpr Clock::Time At(Clock::Duration since_start) { return Clock::Time{since_start}; }

TEST(OverdueRingTest, CountsNothingEarlyAndAllAnEighthLate) {
  OverdueRing ring(80ms);
  ring.Add(At(1000ms));
  ring.Add(At(1009ms));

  EXPECT_EQ(ring.Overdue(At(1080ms)), 0);
  EXPECT_EQ(ring.Overdue(At(1090ms)), 2);
}

TEST(OverdueRingTest, ForgetsWhatFinished) {
  OverdueRing ring(80ms);
  const std::uint32_t first = ring.Add(At(1000ms));
  ring.Add(At(1000ms));
  ring.Remove(first);

  EXPECT_EQ(ring.Overdue(At(2000ms)), 1);
}

TEST(OverdueRingTest, KeepsAHungOperationWhenItsBucketIsUsedAgain) {
  OverdueRing ring(80ms);
  const std::uint32_t hung = ring.Add(At(1000ms));
  const std::uint32_t later = ring.Add(At(1000ms + 64 * 10ms));  // The same bucket.

  EXPECT_EQ(ring.Overdue(At(1640ms)), 1);
  ring.Remove(hung);
  EXPECT_EQ(ring.Overdue(At(1640ms)), 0);
  EXPECT_EQ(ring.Overdue(At(2000ms)), 1);
  ring.Remove(later);
  EXPECT_EQ(ring.Overdue(At(2000ms)), 0);
}

TEST(OverdueRingTest, AThreadThatSleptSinceItReadTheClockIsOverdueAtOnce) {
  OverdueRing ring(80ms);
  ring.Add(At(1640ms));
  const std::uint32_t slept = ring.Add(At(1000ms));

  EXPECT_EQ(ring.Overdue(At(1640ms)), 1);
  ring.Remove(slept);
  EXPECT_EQ(ring.Overdue(At(1640ms)), 0);
}

TEST(OverdueRingTest, SurvivesTheWrapOfEpochs) {
  OverdueRing ring(1ms);  // 125 us a bucket: half of the epochs have passed after 74.6 h.
  for (const Clock::Duration uptime : {Clock::Duration{75h}, Clock::Duration{150h}}) {
    const std::uint32_t epoch = ring.Add(At(uptime));
    EXPECT_EQ(ring.Overdue(At(uptime)), 0);
    EXPECT_EQ(ring.Overdue(At(uptime + 2ms)), 1);
    ring.Remove(epoch);
    EXPECT_EQ(ring.Overdue(At(uptime + 2ms)), 0);
  }
}

}  // namespace
}  // namespace loadline::detail
