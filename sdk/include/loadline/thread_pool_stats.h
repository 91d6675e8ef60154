// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "loadline/clock.h"
#include "loadline/control/pool_sizer.h"
#include "loadline/tick.h"

namespace loadline {

// Where a pool stands, at one instant. Totals count from its creation.
struct ThreadPoolStats {
  int threads = 0;         // Alive and neither parked nor ending.
  int threads_active = 0;  // Running a task.
  int threads_parked = 0;
  int queued = 0;
  control::PoolSize target;  // What was chosen last, and why.
  std::int64_t started_total = 0;
  std::int64_t completed_total = 0;
  std::int64_t refused_total = 0;         // The queue was full.
  std::int64_t expired_total = 0;         // The deadline passed in the queue.
  std::int64_t spawn_failures_total = 0;  // Threads that could not be started.
  Clock::Duration busy_total{};           // Thread time inside tasks, running ones included.
  Clock::Duration task_time_total{};      // The same of completed tasks.
  SignalState signal;
};

}  // namespace loadline
