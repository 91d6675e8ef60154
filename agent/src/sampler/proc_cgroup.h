// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/sampler/proc_fs.h"
#include "loadline/clock.h"

namespace loadline::agent {

// Where the controller "cpu" is: v1, v2, or one of the two in a hybrid.
struct CpuHierarchy {
  bool unified = false;      // cgroup v2.
  std::string mount_point;   // "/sys/fs/cgroup/cpu"
  std::string mounted_root;  // The part of the hierarchy that is mounted there; mostly "/".
};

// `mountinfo` as in /proc/self. nullopt: no controller "cpu" here.
std::optional<CpuHierarchy> FindCpuHierarchy(std::string_view mountinfo);

// Directories with the limits that apply to a process, innermost first. `cgroup` is its
// /proc/<pid>/cgroup. Empty: it is outside of what is mounted.
std::vector<std::string> CpuDirectories(const CpuHierarchy& hierarchy, std::string_view cgroup);

// Time in which a quota held back a CPU, as cpu.stat says. Zero: no quota.
Clock::Duration ThrottledTime(std::string_view cpu_stat);

// The time for which quotas held each process back, summed over CPUs and levels of the hierarchy.
//
// A level is read once per reading, whoever is in it.
class ProcThrottling {
 public:
  explicit ProcThrottling(const ProcFs& proc);

  void BeginReading() { times_.clear(); }

  struct Quota {
    std::string cgroup;         // Its innermost directory; empty: none is known.
    Clock::Duration throttled;  // Since the cgroups were made.
  };
  Quota Of(pid_t tgid);

 private:
  Clock::Duration TimeOf(const std::string& directory);

  const ProcFs& proc_;
  std::optional<CpuHierarchy> hierarchy_;
  absl::flat_hash_map<std::string, Clock::Duration> times_;  // By directory, in this reading.
};

}  // namespace loadline::agent
