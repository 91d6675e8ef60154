// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "loadline/clock.h"

namespace loadline::control {

// One line `cpu.max` of a cgroup: so much CPU time per period. A quota <= 0 means "max".
struct CpuQuota {
  Clock::Duration quota{};
  Clock::Duration period = std::chrono::milliseconds{100};
};

// How many CPUs a process may use: those in its affinity mask, and no more than the tightest quota
// of its cgroup and of those above. At least 0.01, which is the least that cgroups can grant.
double EffectiveCpus(int affinity_cpus, std::span<const CpuQuota> quotas);

}  // namespace loadline::control
