// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace loadline {

// How many CPUs this process may use: those in its affinity mask, and no more than the tightest CPU
// quota of its cgroup and of those above it that it can see (cgroup v1, v2 and hybrid). At least
// 0.01. Never the host's count: a container with half a CPU on 64 cores has half a CPU.
//
// Reads some small files in /proc and cgroupfs. Both can change while the process
// runs, so ask again now and then; a ControlThread does so every second.
double EffectiveCpus();

}  // namespace loadline
