// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/thread_pool_options.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "loadline/rules.h"

namespace loadline {

control::PoolSizerOptions SizerOptions(const ThreadPoolOptions& options) {
  control::PoolSizerOptions sizing{.threads_min = options.threads_min,
                                   .threads_max = options.threads_max,
                                   .task_deadline = options.task_deadline};
  // Whoever narrows the bounds need not know where a pool starts.
  sizing.threads_initial = options.threads_initial.value_or(
      std::min(std::max(sizing.threads_initial, options.threads_min), options.threads_max));
  return sizing;
}

absl::Status Validate(const ThreadPoolOptions& options) {
  if (absl::Status status = CheckName("pool name", options.name); !status.ok()) {
    return status;
  }
  const std::string pool = absl::StrCat("pool \"", options.name, "\"");
  if (absl::Status status = control::CheckPool(pool, SizerOptions(options)); !status.ok()) {
    return status;
  }
  if (options.queue_max < 1) {
    return MustBe(absl::StrCat(pool, ": queue_max"), options.queue_max, "at least 1");
  }
  if (options.queue_deadline < Clock::Duration::zero()) {
    return MustBe(absl::StrCat(pool, ": queue_deadline"), options.queue_deadline, "at least 0");
  }
  if (options.clock == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(pool, ": clock: must not be null"));
  }
  return absl::OkStatus();
}

}  // namespace loadline
