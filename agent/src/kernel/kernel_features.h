// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"

namespace loadline::agent {

// What differs from kernel to kernel, read from its BTF: distributions backport, so a version
// number says nothing.
struct KernelFeatures {
  bool switch_has_prev_state = false;  // sched_switch passes the state: since 5.18.
};

// kFailedPrecondition names what the kernel lacks.
absl::StatusOr<KernelFeatures> ProbeKernel();

// Whether process numbers mean the same here as in the kernel's programs, which see those of the
// host. kFailedPrecondition: this process lives in another pid namespace. `link`: what
// /proc/self/ns/pid says; empty if it cannot be read, which proves nothing.
absl::Status CheckPidNamespace(std::string_view link);
absl::Status CheckPidNamespace();

}  // namespace loadline::agent
