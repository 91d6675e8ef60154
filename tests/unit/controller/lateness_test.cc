// SPDX-License-Identifier: Apache-2.0
// Goal: a hang is seen when deadlines pass, not when answers come; its end, when new requests
// answer. Method: windows by hand.
#include "lateness.h"

#include <gtest/gtest.h>

namespace loadline::control {
namespace {

using std::chrono_literals::operator""ms;
using Change = Lateness::Change;

Window Tick(int completed, int late, int in_flight, int pending_late) {
  Window w;
  w.span = 100ms;
  w.deadline = 250ms;
  w.completed = completed;
  w.late = late;
  w.in_flight = in_flight;
  w.pending_late = pending_late;
  return w;
}

TEST(LatenessTest, BeginsWithoutACompletionWhenDeadlinesPass) {
  Lateness lateness({});
  EXPECT_EQ(lateness.Add(Tick(0, 0, 3, 3)), Change::kNone);
  EXPECT_EQ(lateness.Add(Tick(0, 0, 4, 4)), Change::kBegan);
}

TEST(LatenessTest, DoesNotCountARequestTwice) {
  Lateness lateness({});
  lateness.Add(Tick(0, 0, 3, 3));
  EXPECT_EQ(lateness.Add(Tick(3, 3, 0, 0)), Change::kNone);
  EXPECT_EQ(lateness.turned_late(), 0);
}

TEST(LatenessTest, NineInTenMayBeLateForEver) {
  Lateness lateness({});
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(lateness.Add(Tick(20, 18, 20, 0)), Change::kNone);
  }
}

TEST(LatenessTest, WantsMoreEvidenceWhereThereIsMore) {
  Lateness lateness({});
  for (int i = 0; i < 50; ++i) {
    lateness.Add(Tick(100, 0, 100, 0));  // 250 per deadline: 20 in a row are wanted.
  }
  EXPECT_EQ(lateness.Add(Tick(0, 0, 100, 19)), Change::kNone);
  EXPECT_EQ(lateness.Add(Tick(0, 0, 100, 20)), Change::kBegan);
}

TEST(LatenessTest, EndsWhenNewRequestsAnswerWhileOldOnesStillHang) {
  Lateness lateness({});
  lateness.Add(Tick(0, 0, 40, 40));
  ASSERT_TRUE(lateness.late());
  EXPECT_EQ(lateness.Add(Tick(10, 10, 30, 30)), Change::kNone);
  EXPECT_EQ(lateness.Add(Tick(12, 10, 22, 20)), Change::kNone);
  EXPECT_EQ(lateness.Add(Tick(12, 10, 12, 10)), Change::kEnded);
}

TEST(LatenessTest, ATimeoutIsADropThatIsLate) {
  Lateness lateness({});
  Window w = Tick(0, 4, 0, 0);
  w.dropped = 4;
  EXPECT_EQ(lateness.Add(w), Change::kBegan);
}

}  // namespace
}  // namespace loadline::control
