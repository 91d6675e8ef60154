// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/pool_governor.h"

#include <algorithm>
#include <utility>

#include "sdk/src/thread_pool_options.h"

namespace loadline {

absl::StatusOr<PoolGovernor> PoolGovernor::Create(const ThreadPoolOptions& options) {
  absl::StatusOr<control::PoolSizer> sizer = control::PoolSizer::Create(SizerOptions(options));
  if (!sizer.ok()) {
    return sizer.status();
  }
  return PoolGovernor(options, *std::move(sizer));
}

PoolGovernor::PoolGovernor(const ThreadPoolOptions& options, control::PoolSizer sizer)
    : threads_max_(options.threads_max), sizer_(std::move(sizer)) {}

control::PoolSize PoolGovernor::OnTick(const control::PoolWindow& window, std::int64_t started) {
  control::PoolSize size = sizer_.OnTick(window);
  const bool starved = window.queued > 0 && started == 0 && window.completed == 0;
  if (starved) {
    floor_ = std::min(window.threads + std::max(window.threads / 4, 1), threads_max_);
  } else {
    floor_ = std::min(floor_, window.threads_active_max + 1);
  }
  if (floor_ <= size.threads) {
    floor_ = 0;
    return size;
  }
  size.threads = floor_;
  size.reason = control::Reason::kDependency;  // All workers wait, and not for a CPU.
  return size;
}

}  // namespace loadline
