// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "loadline/clock.h"

namespace loadline {

struct QueuedTask {
  static constexpr Clock::Time kNever = Clock::Time::max();

  absl::AnyInvocable<void()> run;
  absl::AnyInvocable<void()> on_dropped;
  Clock::Time queued_at;
  Clock::Time expires_at = kNever;

  bool ExpiredAt(Clock::Time now) const { return now > expires_at; }
  void Drop() {
    if (on_dropped) {
      on_dropped();
    }
  }
};

// Tasks in order of arrival, bounded.
//
// Thread safety: none; the pool's lock guards it. So nothing here runs a task or a callback.
class TaskQueue {
 public:
  explicit TaskQueue(int tasks_max) : tasks_max_(static_cast<std::size_t>(tasks_max)) {}

  bool full() const { return tasks_.size() >= tasks_max_; }
  bool empty() const { return tasks_.empty(); }
  int size() const { return static_cast<int>(tasks_.size()); }

  void Push(QueuedTask task);  // Must not be full.
  QueuedTask Pop();            // Must not be empty.

  // Removes those whose deadline has passed. Looks at the tasks only if one of them can expire.
  std::vector<QueuedTask> TakeExpired(Clock::Time now);
  std::vector<QueuedTask> TakeAll();

 private:
  const std::size_t tasks_max_;
  std::deque<QueuedTask> tasks_;
  int mortal_ = 0;  // Tasks with a deadline.
};

}  // namespace loadline
