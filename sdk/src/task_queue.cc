// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/task_queue.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace loadline {

void TaskQueue::Push(QueuedTask task) {
  assert(!full());
  mortal_ += task.expires_at != QueuedTask::kNever;
  tasks_.push_back(std::move(task));
}

QueuedTask TaskQueue::Pop() {
  assert(!empty());
  QueuedTask task = std::move(tasks_.front());
  tasks_.pop_front();
  mortal_ -= task.expires_at != QueuedTask::kNever;
  return task;
}

std::vector<QueuedTask> TaskQueue::TakeExpired(Clock::Time now) {
  std::vector<QueuedTask> expired;
  if (mortal_ == 0) {
    return expired;
  }
  const auto first = std::stable_partition(
      tasks_.begin(), tasks_.end(), [&](const QueuedTask& task) { return !task.ExpiredAt(now); });
  expired.assign(std::move_iterator(first), std::move_iterator(tasks_.end()));
  tasks_.erase(first, tasks_.end());
  mortal_ -= static_cast<int>(expired.size());
  return expired;
}

std::vector<QueuedTask> TaskQueue::TakeAll() {
  std::vector<QueuedTask> all(std::move_iterator(tasks_.begin()), std::move_iterator(tasks_.end()));
  tasks_.clear();
  mortal_ = 0;
  return all;
}

}  // namespace loadline
