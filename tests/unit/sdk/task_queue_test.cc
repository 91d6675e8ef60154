// SPDX-License-Identifier: Apache-2.0
//
// Goal: order, bound and deadlines of queued tasks. Method: pure; times are given.
#include "sdk/src/task_queue.h"

#include <gtest/gtest.h>

#include <chrono>

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;

constexpr Clock::Time At(Clock::Duration since_start) { return Clock::Time{since_start}; }

QueuedTask TaskAt(Clock::Duration queued, Clock::Time expires_at = QueuedTask::kNever) {
  return {.run = {}, .on_dropped = {}, .queued_at = At(queued), .expires_at = expires_at};
}

TEST(TaskQueueTest, KeepsTheOrderOfArrival) {
  TaskQueue queue(3);
  queue.Push(TaskAt(1ms));
  queue.Push(TaskAt(2ms));
  EXPECT_EQ(queue.Pop().queued_at, At(1ms));
  EXPECT_EQ(queue.Pop().queued_at, At(2ms));
  EXPECT_TRUE(queue.empty());
}

TEST(TaskQueueTest, IsFullAtItsBound) {
  TaskQueue queue(2);
  queue.Push(TaskAt(1ms));
  EXPECT_FALSE(queue.full());
  queue.Push(TaskAt(2ms));
  EXPECT_TRUE(queue.full());
}

TEST(TaskQueueTest, TakesOutOnlyWhatIsPastItsDeadlineAndKeepsTheOrderOfTheRest) {
  TaskQueue queue(5);
  queue.Push(TaskAt(1ms, At(10ms)));
  queue.Push(TaskAt(2ms));
  queue.Push(TaskAt(3ms, At(20ms)));
  queue.Push(TaskAt(4ms, At(11ms)));

  EXPECT_TRUE(queue.TakeExpired(At(10ms)).empty()) << "at its deadline a task is in time";
  const std::vector<QueuedTask> expired = queue.TakeExpired(At(12ms));
  ASSERT_EQ(expired.size(), 2U);
  EXPECT_EQ(expired[0].queued_at, At(1ms));
  EXPECT_EQ(expired[1].queued_at, At(4ms));
  EXPECT_EQ(queue.Pop().queued_at, At(2ms));
  EXPECT_EQ(queue.Pop().queued_at, At(3ms));
}

}  // namespace
}  // namespace loadline
