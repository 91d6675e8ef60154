// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "loadline/control/pool_sizer.h"
#include "loadline/thread_pool_options.h"

namespace loadline {

// Chooses a pool's size: the sizer's, but never so small that queued work has no worker.
//
// A window is starved when tasks were queued and none started or ended in it: every worker hangs.
// Each such window adds a quarter. Afterwards one worker more than were ever busy is kept, until
// the sizer by itself asks for as many: without it the workers that were added would park as soon
// as they had no task, and the next task would starve again.
//
// The price: starved by a CPU that others took, the pool grows too. A window of 100 ms without one
// task ending is rare then, and the sizer's share of the decision does not follow.
//
// Pure: no clock, no threads. Thread safety: none.
class PoolGovernor {
 public:
  static absl::StatusOr<PoolGovernor> Create(const ThreadPoolOptions& options);

  // `started`: tasks that a worker took in the window.
  control::PoolSize OnTick(const control::PoolWindow& window, std::int64_t started);

 private:
  PoolGovernor(const ThreadPoolOptions& options, control::PoolSizer sizer);

  const int threads_max_;
  control::PoolSizer sizer_;
  int floor_ = 0;  // 0: nothing starved lately.
};

}  // namespace loadline
