// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/btf.h>

#include <cstdint>

#include "absl/status/statusor.h"

namespace loadline::agent {

// Whose preempt_count it is: on x86 the CPU's, a variable; on arm64 the running thread's.
enum class CountHolder { kCpu, kThread };

// Where the kernel keeps preempt_count, which says whether an interrupt runs, and how it is laid
// out.
struct PreemptCount {
  // How far from a CPU's run queue its count lies, in bytes: both are variables per CPU. 0 where
  // the count is the thread's.
  std::int64_t from_run_queue = 0;
  // Set in hard interrupts and in those that cannot be masked. Until 7.3, bits 16 to 19 and 20 to
  // 23; since, bits 24 and up, as 16 to 23 count how often hard interrupts were disabled.
  std::uint32_t interrupt_mask = 0;
};

// kFailedPrecondition: `kernel` does not say, or has a layout that is not known.
absl::StatusOr<PreemptCount> FindPreemptCount(const btf* kernel, CountHolder holder);

// Of the kernel that runs.
absl::StatusOr<PreemptCount> FindPreemptCount();

}  // namespace loadline::agent
