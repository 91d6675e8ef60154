// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

namespace loadline::agent {

// How far from a CPU's run queue its preempt_count lies, in bytes: both are variables per CPU, and
// the kernel's BTF says where. Of x86; 0 elsewhere, where the count is the thread's.
// kFailedPrecondition: this kernel does not say.
absl::StatusOr<std::int64_t> PreemptCountFromRunQueue();

}  // namespace loadline::agent
